package io.coppice.prune;

import java.util.Arrays;

/**
 * Chooses the weights of lowest score in every group of M consecutive columns of a row, by the keys
 * of {@link Ranking}: M − N of them, and all that are zero already. Of equal scores the first
 * columns are chosen. Allocates nothing per group.
 */
final class GroupRanking {
  private final SemiStructured pattern;
  // The key in the upper half, the column within the group in the lower one.
  private final long[] ordered;

  GroupRanking(SemiStructured pattern) {
    this.pattern = pattern;
    this.ordered = new long[pattern.group()];
  }

  /** M. */
  int group() {
    return ordered.length;
  }

  /**
   * Orders one group; {@link #column} then gives the pruned ones.
   *
   * @param keys of at least a group from {@code offset} on
   * @return the number of weights of the group that are pruned
   */
  int select(int[] keys, int offset) {
    for (int i = 0; i < ordered.length; i++) {
      ordered[i] = (long) keys[offset + i] << Integer.SIZE | i;
    }
    Arrays.sort(ordered);
    int pruned = pattern.pruned();
    while (pruned < ordered.length && ordered[pruned] >>> Integer.SIZE == 0) {
      pruned++;
    }
    return pruned;
  }

  /** Sets the keys of the N highest of every group to the highest there is. */
  void spare(int[] keys) {
    for (int first = 0; first < keys.length; first += ordered.length) {
      select(keys, first);
      for (int i = pattern.pruned(); i < ordered.length; i++) {
        keys[first + column(i)] = Integer.MAX_VALUE;
      }
    }
  }

  /**
   * The column, within the group that was selected last, of the weight that comes i-th: the pruned
   * ones come first.
   */
  int column(int i) {
    return (int) ordered[i];
  }

  /** Zeroes the pruned ones of a row's weights. */
  void zero(int[] keys, float[] weights) {
    for (int first = 0; first < weights.length; first += ordered.length) {
      int pruned = select(keys, first);
      for (int i = 0; i < pruned; i++) {
        weights[first + column(i)] = 0;
      }
    }
  }
}
