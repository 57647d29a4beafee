package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * One decoder block, forward and backward, with its scratch memory. The weights are passed in, so
 * one instance serves any block of the model. Belongs to one task.
 *
 * <p>Activations of B windows of T tokens are tensors of B·T × hidden_size.
 */
public interface DecoderBlock {

  /** Observes the input of every group of linear layers, before they run. */
  @FunctionalInterface
  interface LinearInputs {
    /**
     * @param input the {@link WeightShape#input()} of the layers concerned
     * @param activations B·T × input features; valid during the call only
     */
    void observe(String input, Tensor activations);
  }

  /** An observer that ignores everything. */
  LinearInputs UNOBSERVED = (input, activations) -> {};

  /**
   * Computes the block's output and keeps the values that {@link #backward} needs.
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
   * Computes the block's output for sequences of any lengths, each as {@link #forward} would alone.
   *
   * <p>All arithmetic except attention is a product with as many rows as {@code input}, so the last
   * bits of a sequence's output depend on that number and on its place.
   *
   * @param packed says which rows are which sequence's
   * @param output same shape as {@code input}, must not overlap it
   */
  void forwardPacked(BlockWeights weights, Tensor input, PackedSequences packed, Tensor output);

  /**
   * Computes the block's output for one more token of each of B sequences, as {@link #forward}
   * would with all tokens before it, and keeps its keys and values for those that follow.
   *
   * <p>All arithmetic except attention is a product with B rows, so the last bits of a sequence's
   * output depend on B and on its place among the B, but not on the other sequences.
   *
   * @param input B × hidden_size
   * @param position of these tokens, from 0; the cache holds the positions before it
   * @param cache of this block; its rows at {@code position} are overwritten
   * @param output B × hidden_size, must not overlap {@code input}
   */
  void decode(BlockWeights weights, Tensor input, int position, KeyValueCache cache, Tensor output);

  /**
   * Gradients of a scalar loss, for the input given to the last {@link #forward}.
   *
   * @param outputGradient gradient of the loss by the block's output; overwritten by the gradient
   *     by its input
   * @param gradients gradients by the weights
   */
  void backward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      WeightGradients gradients);

  /**
   * As {@link #backward} for the weights alone: {@code outputGradient} is overwritten by scratch
   * values.
   */
  void backwardWeights(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      WeightGradients gradients);
}
