package io.coppice.tensor;

import static io.coppice.tensor.OneDnn.require;
import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's primitive that copies matrices of one shape into bfloat16 ones: rounds float32, and
 * transposes. Belongs to one thread.
 */
final class Bf16Copy implements OneDnnPrimitive {
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_memory source;
  private final dnnl_memory copy;
  private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(2);

  /**
   * All that the library's code depends on.
   *
   * @param type the library's number for the format of the source
   * @param rows of the source; so with columns
   * @param transposed whether the source's rows become columns
   */
  record Shape(
      int type, int rows, int columns, int strideOfSource, int strideOfCopy, boolean transposed) {
    static Shape rounding(Tensor source, Bf16Tensor copy) {
      return of(dnnl_f32, source, copy, false);
    }

    static Shape transposing(Bf16Tensor source, Bf16Tensor copy) {
      return of(dnnl_bf16, source, copy, true);
    }

    private static Shape of(int type, Operand source, Bf16Tensor copy, boolean transposed) {
      return new Shape(
          type, source.rows(), source.columns(), source.stride(), copy.stride(), transposed);
    }
  }

  Bf16Copy(Shape shape, dnnl_engine engine) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    try (MatrixLayout from =
            MatrixLayout.of(shape.type, shape.rows, shape.columns, shape.strideOfSource, false);
        MatrixLayout to =
            MatrixLayout.of(
                dnnl_bf16, shape.rows, shape.columns, shape.strideOfCopy, shape.transposed)) {
      source = from.memory(engine);
      copy = to.memory(engine);
      require(
          dnnl_reorder_primitive_desc_create(
              description,
              from.handle(),
              engine,
              to.handle(),
              engine,
              new dnnl_primitive_attr((Pointer) null)),
          "a copy's creation");
    }
    require(dnnl_primitive_create(primitive, description), "a copy's creation");
    dnnl_primitive_desc_destroy(description);
    arguments.getPointer(0).arg(DNNL_ARG_FROM).memory(source);
    arguments.getPointer(1).arg(DNNL_ARG_TO).memory(copy);
  }

  void run(dnnl_stream stream, Pointer addressOfSource, Pointer addressOfCopy) {
    require(dnnl_memory_set_data_handle(source, addressOfSource), "a copy");
    require(dnnl_memory_set_data_handle(copy, addressOfCopy), "a copy");
    require(dnnl_primitive_execute(primitive, stream, 2, arguments), "a copy");
  }

  @Override
  public void close() {
    dnnl_primitive_destroy(primitive);
    dnnl_memory_destroy(source);
    dnnl_memory_destroy(copy);
    arguments.deallocate();
  }
}
