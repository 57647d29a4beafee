package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Wanda (Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", arXiv
 * 2306.11695): prunes in every row the weights of lowest |w|·‖x‖₂, where x is the weight's input
 * column. Updates nothing.
 *
 * <p>Unstructured, row r prunes {@code pruned((r+1)·in) − pruned(r·in)} weights: ⌊in·sparsity⌋ as
 * in the original, or one more where that is no whole number, so that the layer's count is exact.
 * N:M compares over each group of a row.
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
    Ranking ranking = new Ranking(layer);
    int columns = weight.columns();
    float[] values = new float[columns];
    int[] keys = new int[columns];
    RowRanking rows = rows(layer, weight, pattern, ranking);
    long pruned = 0;
    for (int row = 0; row < weight.rows(); row++) {
      weight.readRow(row, values);
      for (int column = 0; column < columns; column++) {
        keys[column] = ranking.key(values[column], Math.abs(values[column]) * norms[column]);
      }
      pruned += rows.zero(row, keys, values);
      weight.writeRow(row, values);
    }
    return new PruneResult(
        pruned, weight.size() - pruned, deadColumns(norms), 0, OptionalDouble.empty());
  }

  private static RowRanking rows(
      String layer, Tensor weight, SparsityPattern pattern, Ranking ranking) {
    if (pattern instanceof Unstructured unstructured) {
      int columns = weight.columns();
      int[] buffer = new int[columns];
      return (row, keys, weights) -> {
        long end = (row + 1L) * columns;
        long count = unstructured.pruned(end) - unstructured.pruned(end - columns);
        ranking.select(
            1,
            columns,
            buffer,
            count,
            (only, destination) -> System.arraycopy(keys, 0, destination, 0, columns));
        return ranking.zero(keys, weights);
      };
    }
    return RowRanking.ofGroups(layer, weight, (SemiStructured) pattern);
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
