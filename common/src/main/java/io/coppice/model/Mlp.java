package io.coppice.model;

import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;

/** The feed-forward branch of a block, with its scratch; tensors are n × hidden_size. */
interface Mlp {
  /** Adds the branch to {@code sum}, and keeps the values that the backward needs. */
  void forward(BlockWeights weights, Tensor input, Tensor sum, LinearInputs linearInputs);

  /**
   * Gradients for the input given to the last {@link #forward}.
   *
   * @param branch the branch's input, and the place of its gradient, which is overwritten
   * @param sumGradient gradient of the sum that the branch was added to
   */
  void backward(
      BlockWeights weights, BranchInput branch, Tensor sumGradient, WeightGradients gradients);
}
