package io.coppice.tensor;

import static io.coppice.tensor.OneDnn.require;
import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's primitive for products of bfloat16 operands of one shape, with float32 sums. Belongs to
 * one thread: the library's scratch does.
 */
final class Bf16Product implements OneDnnPrimitive {
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_memory a;
  private final dnnl_memory b;
  private final dnnl_memory c;
  private final dnnl_exec_arg_t arguments;

  /**
   * All that the library's code for a product depends on.
   *
   * @param inner the common dimension
   * @param strideOfA of the operand as it lies in memory; so with b and c
   */
  record Shape(
      Transposition transposed,
      int rows,
      int columns,
      int inner,
      int strideOfA,
      int strideOfB,
      int strideOfC,
      float alpha,
      boolean accumulate) {

    static Shape of(
        Transposition transposed,
        float alpha,
        Bf16Tensor a,
        Bf16Tensor b,
        boolean accumulate,
        Tensor c) {
      return new Shape(
          transposed,
          c.rows(),
          c.columns(),
          transposed.left() ? a.rows() : a.columns(),
          a.stride(),
          b.stride(),
          c.stride(),
          alpha,
          accumulate);
    }
  }

  Bf16Product(Shape shape, dnnl_engine engine) {
    try (MatrixLayout ofA =
            MatrixLayout.of(
                dnnl_bf16, shape.rows, shape.inner, shape.strideOfA, shape.transposed.left());
        MatrixLayout ofB =
            MatrixLayout.of(
                dnnl_bf16, shape.inner, shape.columns, shape.strideOfB, shape.transposed.right());
        MatrixLayout ofC =
            MatrixLayout.of(dnnl_f32, shape.rows, shape.columns, shape.strideOfC, false)) {
      a = ofA.memory(engine);
      b = ofB.memory(engine);
      c = ofC.memory(engine);
      create(shape, engine, ofA, ofB, ofC);
    }
    arguments = new dnnl_exec_arg_t(3);
    arguments.getPointer(0).arg(DNNL_ARG_SRC).memory(a);
    arguments.getPointer(1).arg(DNNL_ARG_WEIGHTS).memory(b);
    arguments.getPointer(2).arg(DNNL_ARG_DST).memory(c);
  }

  private void create(
      Shape shape, dnnl_engine engine, MatrixLayout ofA, MatrixLayout ofB, MatrixLayout ofC) {
    dnnl_post_ops after = new dnnl_post_ops();
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    require(dnnl_post_ops_create(after), "a product's creation");
    require(dnnl_primitive_attr_create(attributes), "a product's creation");
    if (shape.alpha != 1) {
      require(
          dnnl_post_ops_append_eltwise(after, dnnl_eltwise_linear, shape.alpha, 0),
          "a product's scale");
    }
    if (shape.accumulate) {
      require(dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef), "a product's sum");
    }
    require(dnnl_primitive_attr_set_post_ops(attributes, after), "a product's creation");
    require(
        dnnl_matmul_primitive_desc_create(
            description, engine, ofA.handle(), ofB.handle(), null, ofC.handle(), attributes),
        "a product's creation");
    require(dnnl_primitive_create(primitive, description), "a product's creation");
    dnnl_primitive_desc_destroy(description);
    dnnl_primitive_attr_destroy(attributes);
    dnnl_post_ops_destroy(after);
  }

  void run(dnnl_stream stream, Pointer addressOfA, Pointer addressOfB, Pointer addressOfC) {
    require(dnnl_memory_set_data_handle(a, addressOfA), "a product");
    require(dnnl_memory_set_data_handle(b, addressOfB), "a product");
    require(dnnl_memory_set_data_handle(c, addressOfC), "a product");
    require(dnnl_primitive_execute(primitive, stream, 3, arguments), "a product");
  }

  @Override
  public void close() {
    dnnl_primitive_destroy(primitive);
    dnnl_memory_destroy(a);
    dnnl_memory_destroy(b);
    dnnl_memory_destroy(c);
    arguments.deallocate();
  }
}
