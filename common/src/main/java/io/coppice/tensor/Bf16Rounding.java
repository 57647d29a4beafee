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

/** oneDNN's primitive that rounds float32 matrices of one shape. Belongs to one thread. */
final class Bf16Rounding implements OneDnnPrimitive {
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_memory source;
  private final dnnl_memory rounded;
  private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(2);

  /** All that the library's code depends on. */
  record Shape(int rows, int columns, int strideOfSource, int strideOfRounded) {
    static Shape of(Tensor source, Bf16Tensor rounded) {
      return new Shape(source.rows(), source.columns(), source.stride(), rounded.stride());
    }
  }

  Bf16Rounding(Shape shape, dnnl_engine engine) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    try (MatrixLayout from =
            MatrixLayout.of(dnnl_f32, shape.rows, shape.columns, shape.strideOfSource, false);
        MatrixLayout to =
            MatrixLayout.of(dnnl_bf16, shape.rows, shape.columns, shape.strideOfRounded, false)) {
      source = from.memory(engine);
      rounded = to.memory(engine);
      require(
          dnnl_reorder_primitive_desc_create(
              description,
              from.handle(),
              engine,
              to.handle(),
              engine,
              new dnnl_primitive_attr((Pointer) null)),
          "a rounding's creation");
    }
    require(dnnl_primitive_create(primitive, description), "a rounding's creation");
    dnnl_primitive_desc_destroy(description);
    arguments.getPointer(0).arg(DNNL_ARG_FROM).memory(source);
    arguments.getPointer(1).arg(DNNL_ARG_TO).memory(rounded);
  }

  void run(dnnl_stream stream, Pointer addressOfSource, Pointer addressOfRounded) {
    require(dnnl_memory_set_data_handle(source, addressOfSource), "a rounding");
    require(dnnl_memory_set_data_handle(rounded, addressOfRounded), "a rounding");
    require(dnnl_primitive_execute(primitive, stream, 2, arguments), "a rounding");
  }

  @Override
  public void close() {
    dnnl_primitive_destroy(primitive);
    dnnl_memory_destroy(source);
    dnnl_memory_destroy(rounded);
    arguments.deallocate();
  }
}
