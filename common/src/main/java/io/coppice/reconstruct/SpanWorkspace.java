package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.tensor.Arena;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The off-heap memory of pruning and training a span of consecutive blocks: their weights
 * throughout; for one block after the other, the memory for pruning it; then the memory for
 * training.
 *
 * <p>A task creates it on its arena. To know in advance how much a task will need, the same is
 * created on an arena that only counts ({@link Arena#measure}), where {@code reserve} methods stand
 * in for the work.
 */
public final class SpanWorkspace {
  private final BlockFactory factory;
  private final Arena arena;
  private final List<BlockWeights> weights;

  /**
   * @param blocks of the span
   * @param arena provides all memory
   */
  public SpanWorkspace(BlockFactory factory, int blocks, Arena arena) {
    this.factory = factory;
    this.arena = arena;
    weights = factory.weights(blocks, arena);
  }

  /** The blocks' weights, in the model's order. */
  public List<BlockWeights> weights() {
    return weights;
  }

  /**
   * Room to prune one of the blocks, to be closed before the next one's is made.
   *
   * @param name of the block, for messages
   * @param through the number of the span's blocks, from the first on, through which its inputs are
   *     computed; 0 where they are read
   */
  public PruningWorkspace pruning(BlockName name, BlockPruner pruner, int through) {
    return new PruningWorkspace(
        new PruningWorkspace.BlockToPrune(name, List.of(pruner), weights.subList(0, through)),
        factory,
        arena);
  }

  /** Room to train them. */
  public TrainingWorkspace training(TrainingWorkspace.Kind kind) {
    return TrainingWorkspace.allocate(kind, weights.size(), factory, arena);
  }

  /**
   * Takes the memory of the optimisers' moments, which training takes when it begins.
   *
   * @param kept the share of the prunable weights that pruning keeps
   */
  public void reserveOptimizers(double kept) {
    reserveOptimizers(shape -> (long) Math.ceil(shape.size() * kept));
  }

  /**
   * The same by the number of weights that are trained.
   *
   * @param kept of a prunable weight, when training begins
   */
  public void reserveOptimizers(ToLongFunction<WeightShape> kept) {
    for (int block = 0; block < weights.size(); block++) {
      for (WeightShape shape : factory.model().blockWeights()) {
        AdamW.reserve(shape.isPrunable() ? kept.applyAsLong(shape) : shape.size(), arena);
      }
    }
  }
}
