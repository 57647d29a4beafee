package io.coppice.prune;

import io.coppice.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Prunes the weights of lowest |w|, compared over the whole layer. Uses no input, updates nothing.
 */
public record MagnitudePruner() implements Pruner {

  @Override
  public boolean needsInputs() {
    return false;
  }

  @Override
  public InputStatistics newStatistics(String input, int columns) {
    return new NoStatistics(columns);
  }

  @Override
  public PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern) {
    InputChecks.statistics(layer, weight, statistics, NoStatistics.class);
    Ranking ranking = new Ranking(layer);
    float[] values = new float[weight.columns()];
    int[] buffer = new int[weight.columns()];
    Ranking.Keys keys =
        (row, destination) -> {
          weight.readRow(row, values);
          for (int column = 0; column < values.length; column++) {
            destination[column] = ranking.key(values[column], Math.abs(values[column]));
          }
        };
    ranking.select(weight.rows(), values.length, buffer, pattern.pruned(weight.size()), keys);
    long pruned = 0;
    for (int row = 0; row < weight.rows(); row++) {
      keys.read(row, buffer);
      pruned += ranking.zero(buffer, values);
      weight.writeRow(row, values);
    }
    return new PruneResult(pruned, weight.size() - pruned, 0, 0, OptionalDouble.empty());
  }
}
