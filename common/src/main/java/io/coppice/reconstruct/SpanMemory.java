package io.coppice.reconstruct;

import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.Hessian;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.SparseGptPruner;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The off-heap memory of pruning and training consecutive blocks, known before there are any: the
 * same constructors are run on arenas that only count.
 *
 * @param model whose blocks
 * @param blas which BLAS will compute; it computes nothing here
 * @param blocks how many are trained jointly
 * @param sequenceLength T, tokens per window
 */
public record SpanMemory(LanguageModel model, Blas blas, int blocks, int sequenceLength) {

  /**
   * What training needs to know besides.
   *
   * @param kept share of the prunable weights that the optimiser keeps moments of
   */
  public record Training(int batchSize, boolean blockWise, boolean mixedInputs, double kept) {}

  /** Bytes of all the blocks' weights. */
  public long weights() {
    return blocks * model.blockWeights().stream().mapToLong(WeightShape::size).sum() * Float.BYTES;
  }

  /** Bytes of training, weights and the optimiser's moments included. */
  public long training(Training training) {
    return weights() + workspace(training) + moments(training.kept());
  }

  private long workspace(Training training) {
    try (Arena arena = Arena.counting("training")) {
      new BlockTrainer(model, blas, arena, blocks, sequenceLength, training.batchSize());
      if (training.mixedInputs()) {
        arena.tensor(sequenceLength, model.hiddenSize());
      }
      if (training.blockWise()) {
        BlockWeights.allocate(model.blockWeights(), arena);
        int tokens = BlockStream.microBatch(sequenceLength, training.batchSize()) * sequenceLength;
        model.newBlock(blas, arena, tokens, sequenceLength, false);
      }
      return arena.allocatedBytes();
    }
  }

  private long moments(double kept) {
    double elements =
        model.blockWeights().stream()
            .mapToDouble(shape -> Math.ceil(shape.size() * (shape.isPrunable() ? kept : 1)))
            .sum();
    return blocks * (long) elements * 2 * Float.BYTES;
  }

  /**
   * Bytes of pruning one of the blocks, the weights besides: a pass of the windows through it, then
   * one layer at a time.
   *
   * @param windows that the pruner sees
   * @param hessians whether it is SparseGPT, or refits
   * @param refits whether layers are fitted again
   */
  public long pruning(int windows, boolean hessians, boolean refits) {
    long kept = 0;
    for (int columns : inputs().values()) {
      kept += hessians ? Hessian.nativeBytes(columns) : 0;
      kept += refits ? (long) columns * columns * Float.BYTES : 0;
    }
    try (Arena through = Arena.counting("the blocks before");
        Arena pass = Arena.counting("the pass")) {
      if (blocks > 1) {
        new BlockSpan(model, blas, through, blocks - 1, sequenceLength, sequenceLength, false);
        through.tensor(sequenceLength, model.hiddenSize());
      }
      int tokens = BlockStream.microBatch(sequenceLength, windows) * sequenceLength;
      model.newBlock(blas, pass, tokens, sequenceLength, false);
      pass.tensor(tokens, 2 * model.hiddenSize());
      return kept
          + through.allocatedBytes()
          + Math.max(pass.allocatedBytes(), hessians ? layer(refits) : 0);
    }
  }

  /** Bytes of Java heap for the Hessians of a block's inputs, all at once. */
  public long hessians() {
    return inputs().values().stream().mapToLong(Hessian::heapBytes).sum();
  }

  /** Scratch of the layer that takes most. */
  private long layer(boolean refits) {
    return model.blockWeights().stream()
        .filter(WeightShape::isPrunable)
        .mapToLong(
            shape ->
                Math.max(
                        SparseGptPruner.nativeBytes(shape.rows(), shape.columns()),
                        refits ? LayerRefit.nativeBytes(shape.rows(), shape.columns()) : 0)
                    + (refits ? shape.size() * Float.BYTES : 0))
        .max()
        .orElse(0);
  }

  /** Widths of what the prunable layers read. */
  private Map<String, Integer> inputs() {
    Map<String, Integer> columns = new LinkedHashMap<>();
    List<WeightShape> shapes = model.blockWeights();
    shapes.stream()
        .filter(WeightShape::isPrunable)
        .forEach(shape -> columns.put(shape.input(), shape.columns()));
    return columns;
  }
}
