package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes everything that is needed to compute blocks of a model on windows of one length: weights,
 * blocks with their scratch memory, activations.
 *
 * @param model the model of the blocks
 * @param blas runs their products
 * @param sequenceLength T, tokens per window
 */
public record BlockFactory(LanguageModel model, Blas blas, int sequenceLength) {

  /** Room for a block's weights. */
  public BlockWeights weights(Arena arena) {
    return BlockWeights.allocate(model.blockWeights(), arena);
  }

  /** Room for the weights of several blocks. */
  public List<BlockWeights> weights(int blocks, Arena arena) {
    return Stream.generate(() -> weights(arena)).limit(blocks).toList();
  }

  /**
   * A block that computes outputs only.
   *
   * @param windows the most that go through it at once
   */
  public DecoderBlock inference(int windows, Arena arena) {
    return model.newBlock(
        BlockWorkspace.forInference(blas, arena, windows * sequenceLength, sequenceLength));
  }

  /** A block that computes gradients too. */
  public DecoderBlock training(int windows, Arena arena) {
    return model.newBlock(
        BlockWorkspace.forTraining(blas, arena, windows * sequenceLength, sequenceLength));
  }

  /** Room for activations: windows·T × hidden_size. */
  public Tensor activations(int windows, Arena arena) {
    return arena.tensor(windows * sequenceLength, model.hiddenSize());
  }

  /** The part of the activations that belongs to some windows: count·T × hidden_size. */
  public Tensor windows(Tensor activations, int first, int count) {
    return activations.rows(first * sequenceLength, count * sequenceLength);
  }

  /** Windows that go through a block at once, at most {@code limit}. */
  public int microBatch(int limit) {
    return BlockStream.microBatch(sequenceLength, limit);
  }
}
