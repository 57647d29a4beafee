package io.coppice.checkpoint;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * The name of a tensor, the type of its elements and its shape.
 *
 * @param shape its dimensions, outermost first; empty for a scalar
 */
public record TensorSpec(String name, DataType type, List<Long> shape) implements Serializable {

  public TensorSpec {
    Objects.requireNonNull(name);
    Objects.requireNonNull(type);
    shape = List.copyOf(shape);
    if (name.equals(SafetensorsHeader.METADATA_KEY)
        || shape.stream().anyMatch(dimension -> dimension < 0)) {
      throw new IllegalArgumentException("No tensor can be called %s %s".formatted(name, shape));
    }
  }

  /** A matrix, {@code rows} × {@code columns}. */
  public static TensorSpec matrix(String name, DataType type, long rows, long columns) {
    return new TensorSpec(name, type, List.of(rows, columns));
  }

  /** A one-dimensional tensor. */
  public static TensorSpec vector(String name, DataType type, long length) {
    return new TensorSpec(name, type, List.of(length));
  }
}
