package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * Prunes the weights of lowest |w|, compared over the whole layer or, for N:M, over each group of a
 * row. Uses no inputs and updates no weights.
 */
public record MagnitudePruner() implements Pruner {

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public InputStatistics newStatistics(String input, int columns, Arena arena) {
    return new NoStatistics(columns);
  }

  @Override
  public PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern) {
    InputChecks.statistics(layer, weight, statistics, NoStatistics.class);
    ScoredWeight scored = new ScoredWeight(layer, weight, ones(weight.columns()));
    if (pattern instanceof Unstructured unstructured) {
      scored.pruneLowest(unstructured.pruned(weight.size()));
    } else {
      scored.pruneLowestOfGroups((SemiStructured) pattern);
    }
    return PruneResult.of(weight);
  }

  @Override
  public Comparison comparison() {
    return Comparison.LAYER;
  }

  @Override
  public GradualPruning gradual(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern target) {
    InputChecks.statistics(layer, weight, statistics, NoStatistics.class);
    return new GradualPruning(
        layer,
        ones(weight.columns()),
        PrunedCounts.of(comparison(), target, weight),
        PruneResult.of(weight));
  }

  private static float[] ones(int columns) {
    float[] ones = new float[columns];
    Arrays.fill(ones, 1);
    return ones;
  }
}
