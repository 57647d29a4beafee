package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.tensor.Tensor;

/**
 * Inputs and targets of a block, window by window. Those of a micro-batch are made in two steps, of
 * which the first may be taken while another micro-batch is computed.
 */
@FunctionalInterface
public interface TrainingData {

  /**
   * Reads a micro-batch: the b-th window goes to rows b·T to (b+1)·T. Called by one thread at a
   * time, which need not be the one that trains.
   *
   * @param windows numbers of the windows
   * @param epoch the epoch, from 1, or {@link StudentInputs#MEASUREMENT}
   * @param input count·T × hidden_size, overwritten
   * @param target count·T × hidden_size, overwritten unless {@link #complete} computes it
   */
  void read(int[] windows, int epoch, Tensor input, Tensor target);

  /**
   * Computes what is not read of a micro-batch; called by the thread that trains.
   *
   * @param input as {@link #read} left it
   * @param target count·T × hidden_size
   */
  default void complete(Tensor input, Tensor target) {}

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
    return new TrainingData() {
      @Override
      public void read(int[] windows, int epoch, Tensor input, Tensor target) {
        readInputs(inputs, windows, epoch, sequenceLength, input);
      }

      @Override
      public void complete(Tensor input, Tensor target) {
        block.forward(dense, input, sequenceLength, target, DecoderBlock.UNOBSERVED);
      }
    };
  }

  private static void readInputs(
      StudentInputs inputs, int[] windows, int epoch, int sequenceLength, Tensor input) {
    for (int b = 0; b < windows.length; b++) {
      inputs.read(windows[b], epoch, input.rows(b * sequenceLength, sequenceLength));
    }
  }
}
