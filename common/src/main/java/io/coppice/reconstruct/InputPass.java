package io.coppice.reconstruct;

import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Takes windows through a block to look at the inputs of its linear layers.
 *
 * @param sequenceLength T, tokens per window
 */
record InputPass(LanguageModel model, int sequenceLength, Blas blas) {

  /** Is told every group of layers' inputs, micro-batch by micro-batch. */
  @FunctionalInterface
  interface Observer {
    /**
     * @param input the {@link io.coppice.model.WeightShape#input()} of the layers
     * @param activations sequences·T × input features; valid during the call only
     */
    void observe(String input, Tensor activations, int sequences);
  }

  /**
   * Runs the windows in their order.
   *
   * @param weights the block's
   * @param inputs the block's inputs
   */
  void run(BlockWeights weights, ActivationReader inputs, int[] windows, Observer observer) {
    int microBatch = BlockStream.microBatch(sequenceLength, windows.length);
    int tokens = microBatch * sequenceLength;
    try (Arena arena = Arena.unbounded("pruning statistics")) {
      DecoderBlock block = model.newBlock(blas, arena, tokens, sequenceLength, false);
      Tensor input = arena.tensor(tokens, model.hiddenSize());
      Tensor output = arena.tensor(tokens, model.hiddenSize());
      for (int first = 0; first < windows.length; first += microBatch) {
        int count = Math.min(microBatch, windows.length - first);
        for (int b = 0; b < count; b++) {
          inputs.read(windows[first + b], input.rows(b * sequenceLength, sequenceLength));
        }
        block.forward(
            weights,
            input.rows(0, count * sequenceLength),
            sequenceLength,
            output.rows(0, count * sequenceLength),
            (layerInput, activations) -> observer.observe(layerInput, activations, count));
      }
    }
  }
}
