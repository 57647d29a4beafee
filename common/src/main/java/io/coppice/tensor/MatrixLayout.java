package io.coppice.tensor;

import static io.coppice.tensor.OneDnn.require;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_strides;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_destroy;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.javacpp.Pointer;

/** The layout of a matrix in memory, in oneDNN's terms. */
record MatrixLayout(dnnl_memory_desc handle) implements AutoCloseable {

  /**
   * @param rows of the matrix as it is read, so after its transposition
   * @param stride elements between rows as they lie in memory
   * @param transposed whether the matrix's rows are columns in memory
   */
  static MatrixLayout of(int type, long rows, long columns, long stride, boolean transposed) {
    dnnl_memory_desc handle = new dnnl_memory_desc();
    long step = Math.max(1, stride);
    long[] strides = transposed ? new long[] {1, step} : new long[] {step, 1};
    require(
        dnnl_memory_desc_create_with_strides(handle, 2, new long[] {rows, columns}, type, strides),
        "a matrix's shape");
    return new MatrixLayout(handle);
  }

  /** Memory of this layout that is nowhere yet. */
  dnnl_memory memory(dnnl_engine engine) {
    dnnl_memory memory = new dnnl_memory();
    require(
        dnnl_memory_create(memory, handle, engine, new Pointer((Pointer) null)),
        "a matrix's memory");
    return memory;
  }

  @Override
  public void close() {
    dnnl_memory_desc_destroy(handle);
  }
}
