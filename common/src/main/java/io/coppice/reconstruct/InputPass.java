package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/** Takes windows through a block to observe the inputs of its linear layers. */
final class InputPass {
  private final BlockFactory factory;
  private final int microBatch;
  private final DecoderBlock block;
  private final Tensor input;
  private final Tensor output;

  /**
   * @param windows the number of windows that are taken through the block
   * @param arena provides all memory
   */
  InputPass(BlockFactory factory, int windows, Arena arena) {
    this.factory = factory;
    microBatch = factory.microBatch(windows);
    block = factory.inference(microBatch, arena);
    input = factory.activations(microBatch, arena);
    output = factory.activations(microBatch, arena);
  }

  /** Observes the inputs of every group of layers, micro-batch by micro-batch. */
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
   * @param weights of the block
   * @param inputs the block's inputs
   */
  void run(BlockWeights weights, ActivationReader inputs, WindowSet windows, Observer observer) {
    for (int first = windows.first(); first < windows.end(); first += microBatch) {
      int count = Math.min(microBatch, windows.end() - first);
      for (int b = 0; b < count; b++) {
        inputs.read(first + b, factory.windows(input, b, 1));
      }
      block.forward(
          weights,
          factory.windows(input, 0, count),
          factory.sequenceLength(),
          factory.windows(output, 0, count),
          (layerInput, activations) -> observer.observe(layerInput, activations, count));
    }
  }
}
