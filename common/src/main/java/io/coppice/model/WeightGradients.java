package io.coppice.model;

import io.coppice.tensor.Tensor;

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
