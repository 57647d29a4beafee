package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Takes windows through consecutive blocks of a model, with the weights of one block in memory at a
 * time, and the scratch memory of one micro-batch.
 */
public final class BlockStream {
  private static final int MICRO_BATCH_TOKENS = 1024;

  private final BlockFactory factory;
  private final int microBatch;
  private final BlockWeights weights;
  private final DecoderBlock block;
  private final Tensor output;

  /**
   * @param windows the number of windows that are taken through the blocks
   * @param arena provides all memory
   */
  public BlockStream(BlockFactory factory, int windows, Arena arena) {
    this.factory = factory;
    microBatch = factory.microBatch(windows);
    weights = factory.weights(arena);
    block = factory.inference(microBatch, arena);
    output = factory.activations(microBatch, arena);
  }

  /** Listens for the moment when all windows are through a block. */
  @FunctionalInterface
  public interface Boundary {
    /** The activations now stand at the output of {@code block}. */
    void passed(int block);
  }

  /**
   * Windows that go through a block at once, at most {@code limit}. Fixed by the window length,
   * never by the executors, because a matrix product's last bits may depend on its number of rows.
   */
  public static int microBatch(int sequenceLength, int limit) {
    return Math.max(1, Math.min(limit, MICRO_BATCH_TOKENS / sequenceLength));
  }

  /**
   * Runs blocks {@code first} to {@code end} − 1.
   *
   * @param blocks the source of their weights
   * @param activations count·T × hidden_size at the first block's input; overwritten by the outputs
   */
  public void run(BlockSource blocks, int first, int end, Tensor activations, Boundary boundary) {
    for (int i = first; i < end; i++) {
      blocks.read(i, weights);
      run(activations);
      boundary.passed(i);
    }
  }

  private void run(Tensor activations) {
    int sequenceLength = factory.sequenceLength();
    int count = activations.rows() / sequenceLength;
    for (int first = 0; first < count; first += microBatch) {
      int windows = Math.min(microBatch, count - first);
      Tensor input = factory.windows(activations, first, windows);
      Tensor result = factory.windows(output, 0, windows);
      block.forward(weights, input, sequenceLength, result, DecoderBlock.UNOBSERVED);
      input.copyFrom(result);
    }
  }
}
