package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.tensor.Tensor;

/** Inputs and targets of a block, window by window. */
@FunctionalInterface
public interface TrainingData {

  /**
   * Loads a micro-batch: the b-th window goes to rows b·T to (b+1)·T.
   *
   * @param windows numbers of the windows
   * @param epoch the epoch, from 1, or {@link StudentInputs#MEASUREMENT}
   * @param input count·T × hidden_size, overwritten
   * @param target count·T × hidden_size, overwritten
   */
  void load(int[] windows, int epoch, Tensor input, Tensor target);

  /**
   * Global propagation (GP): the target is X̄_i, the dense model's own activations, regardless of
   * the input.
   */
  static TrainingData globalPropagation(
      StudentInputs inputs, ActivationReader denseOutputs, int sequenceLength) {
    return (windows, epoch, input, target) -> {
      readInputs(inputs, windows, epoch, sequenceLength, input);
      for (int b = 0; b < windows.length; b++) {
        denseOutputs.read(windows[b], target.rows(b * sequenceLength, sequenceLength));
      }
    };
  }

  /**
   * Block-wise reconstruction (BR): the target is g_i(w̄_i; X), the dense block on the same input.
   */
  static TrainingData blockWise(
      StudentInputs inputs, DecoderBlock block, BlockWeights dense, int sequenceLength) {
    return (windows, epoch, input, target) -> {
      readInputs(inputs, windows, epoch, sequenceLength, input);
      block.forward(dense, input, sequenceLength, target, DecoderBlock.UNOBSERVED);
    };
  }

  private static void readInputs(
      StudentInputs inputs, int[] windows, int epoch, int sequenceLength, Tensor input) {
    for (int b = 0; b < windows.length; b++) {
      inputs.read(windows[b], epoch, input.rows(b * sequenceLength, sequenceLength));
    }
  }
}
