package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.WeightGradients;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Consecutive decoder blocks that are computed, and trained, as one: g_j ∘ … ∘ g_i. One block for
 * BR and GP, two for CR.
 *
 * <p>Memory: each block's scratch, and one micro-batch's activations between two blocks.
 */
final class BlockSpan {
  private final int sequenceLength;
  private final List<DecoderBlock> blocks;
  private final List<Tensor> between;

  private BlockSpan(int sequenceLength, List<DecoderBlock> blocks, List<Tensor> between) {
    this.sequenceLength = sequenceLength;
    this.blocks = blocks;
    this.between = between;
  }

  /**
   * Blocks that compute outputs only.
   *
   * @param blocks their number, at least 1
   * @param windows the most that go through them at once
   */
  static BlockSpan inference(BlockFactory factory, int blocks, int windows, Arena arena) {
    return of(factory, blocks, windows, arena, () -> factory.inference(windows, arena));
  }

  /** Blocks that compute gradients too. */
  static BlockSpan training(BlockFactory factory, int blocks, int windows, Arena arena) {
    return of(factory, blocks, windows, arena, () -> factory.training(windows, arena));
  }

  private static BlockSpan of(
      BlockFactory factory, int blocks, int windows, Arena arena, Supplier<DecoderBlock> block) {
    return new BlockSpan(
        factory.sequenceLength(),
        Stream.generate(block).limit(blocks).toList(),
        Stream.generate(() -> factory.activations(windows, arena)).limit(blocks - 1L).toList());
  }

  /**
   * Computes the last block's output.
   *
   * @param weights of each block
   * @param input B·T × hidden_size
   * @param output same shape, must not overlap the input
   */
  void forward(List<BlockWeights> weights, Tensor input, Tensor output) {
    int last = blocks.size() - 1;
    for (int i = 0; i <= last; i++) {
      Tensor result = i == last ? output : between.get(i).rows(0, input.rows());
      blocks
          .get(i)
          .forward(
              weights.get(i), input(i, input), sequenceLength, result, DecoderBlock.UNOBSERVED);
    }
  }

  /**
   * Gradients by the weights, for the input given to the last {@link #forward}.
   *
   * @param outputGradient gradient by the last block's output; overwritten by scratch values
   * @param gradients of each block
   */
  void backward(
      List<BlockWeights> weights,
      Tensor input,
      Tensor outputGradient,
      List<WeightGradients> gradients) {
    for (int i = blocks.size() - 1; i > 0; i--) {
      blocks
          .get(i)
          .backward(
              weights.get(i), input(i, input), sequenceLength, outputGradient, gradients.get(i));
    }
    blocks
        .get(0)
        .backwardWeights(weights.get(0), input, sequenceLength, outputGradient, gradients.get(0));
  }

  private Tensor input(int block, Tensor input) {
    return block == 0 ? input : between.get(block - 1).rows(0, input.rows());
  }
}
