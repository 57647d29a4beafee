package io.coppice.prune;

import io.coppice.tensor.Tensor;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntToLongFunction;

/**
 * A layer's weight that is pruned in place by fixed scores: |w|·f, where f is a factor of the
 * weight's input column.
 */
final class ScoredWeight {
  private final String layer;
  private final Tensor weight;
  private final float[] factors;
  private final Optional<GroupRanking> spared;
  private final Ranking ranking;
  private final float[] values;
  private final int[] keys;

  /**
   * @param layer the layer's name, for messages
   * @param weight out × in
   * @param factors of the columns
   */
  ScoredWeight(String layer, Tensor weight, float[] factors) {
    this(layer, weight, factors, Optional.empty());
  }

  /**
   * @param spared the groups of which the N weights of highest score are the last ones to be
   *     pruned, if there are any
   */
  ScoredWeight(String layer, Tensor weight, float[] factors, Optional<SemiStructured> spared) {
    this.spared = spared.map(GroupRanking::new);
    this.layer = layer;
    this.weight = weight;
    this.factors = factors;
    ranking = new Ranking(layer);
    values = new float[weight.columns()];
    keys = new int[weight.columns()];
  }

  /** Prunes the lowest of the whole layer. */
  void pruneLowest(long count) {
    ranking.select(weight.rows(), weight.columns(), keys, count, this::readKeys);
    eachRow(row -> ranking.zero(keys, values));
  }

  /**
   * Prunes the lowest of every row.
   *
   * @param counts the number of weights that a row prunes, by its index
   */
  void pruneLowestOfRows(IntToLongFunction counts) {
    int columns = weight.columns();
    int[] buffer = new int[columns];
    eachRow(
        row -> {
          ranking.select(
              1,
              columns,
              buffer,
              counts.applyAsLong(row),
              (only, destination) -> System.arraycopy(keys, 0, destination, 0, columns));
          ranking.zero(keys, values);
        });
  }

  /**
   * Prunes the lowest of every group of a row.
   *
   * @throws io.coppice.failure.InvalidDataException if rows do not consist of whole groups
   */
  void pruneLowestOfGroups(SemiStructured pattern) {
    pattern.requireWholeGroups(layer, weight.columns());
    GroupRanking groups = new GroupRanking(pattern);
    eachRow(row -> groups.zero(keys, values));
  }

  /** Reads every row's weights and keys, and writes the weights that pruning leaves. */
  private void eachRow(IntConsumer pruning) {
    for (int row = 0; row < weight.rows(); row++) {
      readKeys(row, keys);
      pruning.accept(row);
      weight.writeRow(row, values);
    }
  }

  private void readKeys(int row, int[] destination) {
    weight.readRow(row, values);
    for (int column = 0; column < values.length; column++) {
      destination[column] = ranking.key(values[column], Math.abs(values[column]) * factors[column]);
    }
    spared.ifPresent(groups -> groups.spare(destination));
  }
}
