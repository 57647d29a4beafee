package io.coppice.prune;

import io.coppice.tensor.Tensor;

/** Zeroes what a pattern takes of one row, by the scores' keys. */
@FunctionalInterface
interface RowRanking {

  /**
   * @param keys of the row's weights, by {@link Ranking#key}
   * @param weights of the row; the pruned ones become zero
   * @return how many are zero now
   */
  int zero(int row, int[] keys, float[] weights);

  /**
   * Takes the lowest of every group.
   *
   * @throws io.coppice.failure.InvalidDataException if rows do not consist of whole groups
   */
  static RowRanking ofGroups(String layer, Tensor weight, SemiStructured pattern) {
    pattern.requireWholeGroups(layer, weight.columns());
    GroupRanking groups = new GroupRanking(pattern);
    return (row, keys, weights) -> groups.zero(keys, weights);
  }
}
