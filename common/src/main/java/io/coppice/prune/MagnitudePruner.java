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
    float[] ones = new float[weight.columns()];
    Arrays.fill(ones, 1);
    ScoredWeight scored = new ScoredWeight(layer, weight, ones);
    if (pattern instanceof Unstructured unstructured) {
      scored.pruneLowest(unstructured);
    } else {
      scored.pruneLowestOfGroups((SemiStructured) pattern);
    }
    return PruneResult.of(weight);
  }
}
