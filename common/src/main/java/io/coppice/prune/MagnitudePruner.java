package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Prunes the weights of lowest |w|, compared over the whole layer or, for N:M, over each group of a
 * row. Uses no input, updates nothing.
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
    Ranking ranking = new Ranking(layer);
    float[] values = new float[weight.columns()];
    int[] keys = new int[weight.columns()];
    Ranking.Keys read =
        (row, destination) -> {
          weight.readRow(row, values);
          for (int column = 0; column < values.length; column++) {
            destination[column] = ranking.key(values[column], Math.abs(values[column]));
          }
        };
    RowRanking rows = rows(layer, weight, pattern, ranking, keys, read);
    long pruned = 0;
    for (int row = 0; row < weight.rows(); row++) {
      read.read(row, keys);
      pruned += rows.zero(row, keys, values);
      weight.writeRow(row, values);
    }
    return new PruneResult(pruned, weight.size() - pruned, 0, 0, OptionalDouble.empty());
  }

  private static RowRanking rows(
      String layer,
      Tensor weight,
      SparsityPattern pattern,
      Ranking ranking,
      int[] buffer,
      Ranking.Keys keys) {
    if (pattern instanceof Unstructured unstructured) {
      long count = unstructured.pruned(weight.size());
      ranking.select(weight.rows(), weight.columns(), buffer, count, keys);
      return (row, rowKeys, weights) -> ranking.zero(rowKeys, weights);
    }
    return RowRanking.ofGroups(layer, weight, (SemiStructured) pattern);
  }
}
