package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One float32 tensor for each weight of a decoder block, or of the layers around the blocks: the
 * weights themselves, their gradients, or a snapshot of them.
 */
public final class BlockWeights {
  private final Map<String, Tensor> tensors;

  private BlockWeights(Map<String, Tensor> tensors) {
    this.tensors = tensors;
  }

  /** Zeroed tensors of the given shapes. */
  public static BlockWeights allocate(List<WeightShape> shapes, Arena arena) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (WeightShape shape : shapes) {
      tensors.put(shape.name(), arena.tensor(shape.rows(), shape.columns()));
    }
    return new BlockWeights(tensors);
  }

  /** Bytes that {@link #allocate} takes. */
  public static long bytes(List<WeightShape> shapes) {
    return shapes.stream().mapToLong(WeightShape::size).sum() * Float.BYTES;
  }

  /** The tensor of a weight, by its name inside the block. */
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("There is no weight " + name);
    }
    return tensor;
  }

  /** Copies all values of {@code source}, which has the same shapes. */
  public void copyFrom(BlockWeights source) {
    tensors.forEach((name, tensor) -> tensor.copyFrom(source.tensor(name)));
  }
}
