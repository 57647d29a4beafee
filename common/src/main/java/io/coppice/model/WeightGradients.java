package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * Where the gradients by a block's weights go.
 *
 * @param accumulate whether they are added to what is there, rather than overwrite it
 */
record WeightGradients(BlockWeights tensors, boolean accumulate) {

  /** The gradient by a weight, for a kernel that overwrites or adds as it is told. */
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
