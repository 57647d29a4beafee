package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;

/**
 * The gradients by a block's weights, and what happens to the values in their place.
 *
 * @param accumulate whether they are added to existing values, rather than overwrite them
 */
public record WeightGradients(BlockWeights tensors, boolean accumulate) {

  /** Gradients that overwrite existing values. */
  public static WeightGradients overwriting(BlockWeights tensors) {
    return new WeightGradients(tensors, false);
  }

  /** Gradients that are added to existing values. */
  public static WeightGradients addingTo(BlockWeights tensors) {
    return new WeightGradients(tensors, true);
  }

  /**
   * For a backward that is made for the gradient by the input alone: norms have their gradients,
   * which are cheap, and those of linear layers, a third of the arithmetic, are left out, although
   * their biases have room.
   *
   * @param shapes of all weights
   */
  public static WeightGradients withoutMatrices(List<WeightShape> shapes, Arena arena) {
    return overwriting(
        BlockWeights.allocate(
            shapes.stream().filter(shape -> !shape.isPrunable()).toList(), arena));
  }

  /** Whether there is room for the gradient by a weight. */
  boolean has(String name) {
    return tensors.has(name);
  }

  /** The gradient by a weight, for a kernel that overwrites or adds, as requested. */
  Tensor tensor(String name) {
    return tensors.tensor(name);
  }

  /** The gradient by a weight, for a kernel that only adds. */
  Tensor toAddTo(String name) {
    Tensor gradient = tensors.tensor(name);
    if (!accumulate) {
      gradient.zero();
    }
    return gradient;
  }
}
