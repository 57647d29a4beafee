package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Wanda (Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", arXiv
 * 2306.11695): prunes in every row the weights of lowest |w|·‖x‖₂, where x is the weight's input
 * column. Updates no weights.
 *
 * <p>Unstructured, row r prunes {@code pruned((r+1)·in) − pruned(r·in)} weights: ⌊in·sparsity⌋ as
 * in the original, or one more where that is not a whole number, so that the layer's count is
 * exact. N:M compares over each group of a row.
 */
public record WandaPruner() implements Pruner {

  @Override
  public boolean needsInputs() {
    return true;
  }

  @Override
  public InputStatistics newStatistics(String input, int columns, Arena arena) {
    return new ColumnNorms(input, columns);
  }

  @Override
  public PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern) {
    float[] norms = InputChecks.statistics(layer, weight, statistics, ColumnNorms.class).norms();
    ScoredWeight scored = new ScoredWeight(layer, weight, norms);
    if (pattern instanceof Unstructured unstructured) {
      scored.pruneLowestOfRows(row -> unstructured.prunedOfRow(row, weight.columns()));
    } else {
      scored.pruneLowestOfGroups((SemiStructured) pattern);
    }
    return PruneResult.of(weight).withDeadColumns(deadColumns(norms));
  }

  @Override
  public GradualPruning gradual(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern target) {
    float[] norms = InputChecks.statistics(layer, weight, statistics, ColumnNorms.class).norms();
    return new GradualPruning(
        layer,
        norms,
        PrunedCounts.of(comparison(), target, weight),
        PruneResult.of(weight).withDeadColumns(deadColumns(norms)));
  }

  private static int deadColumns(float[] norms) {
    int dead = 0;
    for (float norm : norms) {
      if (norm == 0) {
        dead++;
      }
    }
    return dead;
  }
}
