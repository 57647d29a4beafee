package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One float32 tensor for each weight of a decoder block, or of the layers around the blocks: the
 * weights themselves, their gradients, or a snapshot of them.
 */
public final class BlockWeights {
  private final Map<String, Tensor> tensors;
  private final Optional<RoundedWeights> rounded;

  private BlockWeights(Map<String, Tensor> tensors, Optional<RoundedWeights> rounded) {
    this.tensors = tensors;
    this.rounded = rounded;
  }

  /** Zeroed tensors of the given shapes. */
  public static BlockWeights allocate(List<WeightShape> shapes, Arena arena) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (WeightShape shape : shapes) {
      tensors.put(shape.name(), arena.tensor(shape.rows(), shape.columns()));
    }
    return new BlockWeights(tensors, Optional.empty());
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

  /** Whether there is a tensor of this name. */
  boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The same tensors, whose products read rounded copies; these are not made here. */
  public BlockWeights multipliedAs(RoundedWeights copies) {
    return new BlockWeights(tensors, Optional.of(copies));
  }

  /** The format that products with these weights read, of both operands. */
  Precision precision() {
    return rounded.isPresent() ? Precision.BF16 : Precision.FLOAT32;
  }

  /** A weight as products read it. */
  Operand operand(String name) {
    return rounded.isPresent() ? rounded.orElseThrow().tensor(name) : tensor(name);
  }

  /** Copies all values of {@code source}, which has the same shapes. */
  public void copyFrom(BlockWeights source) {
    tensors.forEach((name, tensor) -> tensor.copyFrom(source.tensor(name)));
  }
}
