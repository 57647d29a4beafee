package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * One decoder block, forward and backward, with its scratch memory. The weights are passed in, so
 * one instance serves any block of the model. Belongs to one task.
 *
 * <p>Activations of B windows of T tokens are tensors of B·T × hidden_size.
 */
public interface DecoderBlock {

  /** Is told the input of every group of linear layers, before they run. */
  @FunctionalInterface
  interface LinearInputs {
    /**
     * @param input the {@link WeightShape#input()} of the layers concerned
     * @param activations B·T × input features; valid during the call only
     */
    void observe(String input, Tensor activations);
  }

  /** An observer that ignores what it is told. */
  LinearInputs UNOBSERVED = (input, activations) -> {};

  /**
   * Computes the block's output and keeps what {@link #backward} needs.
   *
   * @param sequenceLength T, in tokens; divides the rows of {@code input}
   * @param output same shape as {@code input}, must not overlap it
   */
  void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor output,
      LinearInputs linearInputs);

  /**
   * Gradients of a scalar loss, for the input given to the last {@link #forward}.
   *
   * @param outputGradient gradient of the loss by the block's output; overwritten, by the gradient
   *     by its input where {@code wantInputGradient}, else by scratch values
   * @param gradients gradients by the weights: added to where {@code accumulate}, else overwritten
   */
  void backward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      BlockWeights gradients,
      boolean accumulate,
      boolean wantInputGradient);
}
