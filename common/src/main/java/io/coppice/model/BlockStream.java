package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Takes windows through consecutive blocks of a model, the weights of one block in memory at a time
 * and one micro-batch's scratch.
 */
public final class BlockStream {
  private static final int MICRO_BATCH_TOKENS = 1024;

  private final LanguageModel model;
  private final BlockSource blocks;
  private final Blas blas;

  public BlockStream(LanguageModel model, BlockSource blocks, Blas blas) {
    this.model = model;
    this.blocks = blocks;
    this.blas = blas;
  }

  /** Is told when all windows are through a block. */
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
   * Runs blocks {@code firstBlock} to {@code lastBlock} − 1.
   *
   * @param activations count·T × hidden_size at the first block's input; overwritten by the outputs
   * @param sequenceLength T, in tokens
   */
  public void run(
      int firstBlock, int lastBlock, Tensor activations, int sequenceLength, Boundary boundary) {
    int rowsAtOnce =
        microBatch(sequenceLength, activations.rows() / sequenceLength) * sequenceLength;
    try (Arena arena = Arena.unbounded("blocks " + firstBlock + " to " + (lastBlock - 1))) {
      BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
      DecoderBlock block = model.newBlock(blas, arena, rowsAtOnce, sequenceLength, false);
      Tensor output = arena.tensor(rowsAtOnce, model.hiddenSize());
      for (int i = firstBlock; i < lastBlock; i++) {
        blocks.read(i, weights);
        for (int first = 0; first < activations.rows(); first += rowsAtOnce) {
          int rows = Math.min(rowsAtOnce, activations.rows() - first);
          Tensor input = activations.rows(first, rows);
          Tensor result = output.rows(0, rows);
          block.forward(weights, input, sequenceLength, result, DecoderBlock.UNOBSERVED);
          input.copyFrom(result);
        }
        boundary.passed(i);
      }
    }
  }
}
