package io.coppice.checkpoint;

import java.io.Serializable;
import java.util.List;

/**
 * One tensor in a safetensors file.
 *
 * <p>As a matrix of float32 it has {@link #rows()} × {@link #columns()}: the last dimension is the
 * columns, all others are folded into rows; a vector is one row.
 *
 * @param spec its name in the checkpoint, element type and shape
 * @param file the file's name, without folders
 * @param begin the position of its first byte in the file
 * @param end the position after its last byte in the file
 */
public record TensorEntry(TensorSpec spec, String file, long begin, long end)
    implements Serializable {

  /** The tensor's name in the checkpoint. */
  public String name() {
    return spec.name();
  }

  /** Its element type. */
  public DataType type() {
    return spec.type();
  }

  /** Its dimensions, outermost first; empty for a scalar. */
  public List<Long> shape() {
    return spec.shape();
  }

  /** The product of all dimensions but the last; 1 for vectors and scalars. */
  public long rows() {
    return shape().stream().limit(Math.max(0, shape().size() - 1)).reduce(1L, (a, b) -> a * b);
  }

  /** The last dimension; 1 for scalars. */
  public long columns() {
    return shape().isEmpty() ? 1 : shape().get(shape().size() - 1);
  }

  /** The number of elements. */
  public long size() {
    return rows() * columns();
  }

  /** The number of bytes in the file. */
  public long bytes() {
    return end - begin;
  }

  /** The same tensor in another element type, to be written. */
  public TensorSpec as(DataType otherType) {
    return new TensorSpec(name(), otherType, shape());
  }
}
