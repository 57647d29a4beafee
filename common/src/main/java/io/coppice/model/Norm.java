package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * A normalisation of rows with its weights among a block's. Keeps the statistics of each row from
 * its last forward for the backward. All tensors are n × width.
 */
interface Norm {
  /**
   * @param output may be {@code input}
   */
  void forward(BlockWeights weights, Tensor input, Tensor output);

  /**
   * The gradients of the input and of the weights.
   *
   * @param input of the last {@link #forward}
   * @param inputGradient added to
   */
  void backward(
      BlockWeights weights,
      Tensor input,
      Tensor outputGradient,
      Tensor inputGradient,
      WeightGradients gradients);

  /** As {@link #backward} for the weights alone. */
  void backwardWeights(Tensor input, Tensor outputGradient, WeightGradients gradients);
}
