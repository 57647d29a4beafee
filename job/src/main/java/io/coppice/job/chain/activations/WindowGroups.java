package io.coppice.job.chain.activations;

import io.coppice.model.BlockStream;
import java.io.Serializable;

/**
 * Consecutive windows that one task of a pass takes through the model.
 *
 * <p>Groups are whole micro-batches, so that a window meets the same neighbours, and hence the same
 * last bits, whatever the number of tasks.
 *
 * @param windows number of windows in all
 * @param perGroup windows in a group, the last one excepted
 * @param sequenceLength T, tokens in a window
 */
public record WindowGroups(int windows, int perGroup, int sequenceLength) implements Serializable {
  private static final long LARGEST_GROUP_BYTES = 256L << 20;

  /**
   * Groups for about {@code tasks} tasks, none larger than 256 MiB of activations unless a single
   * micro-batch is.
   */
  public static WindowGroups of(int windows, int sequenceLength, int hiddenSize, int tasks) {
    int microBatch = BlockStream.microBatch(sequenceLength, Integer.MAX_VALUE);
    long windowBytes = (long) sequenceLength * hiddenSize * Float.BYTES;
    long share = ceilDiv(windows, Math.max(1, tasks));
    long fitting = Math.max(1, LARGEST_GROUP_BYTES / windowBytes);
    long batches = Math.max(1, Math.min(ceilDiv(share, microBatch), fitting / microBatch));
    return new WindowGroups(windows, (int) (batches * microBatch), sequenceLength);
  }

  public int count() {
    return (int) ceilDiv(windows, perGroup);
  }

  /** The first window of a group. */
  public int first(int group) {
    return group * perGroup;
  }

  /** The number of windows in a group. */
  public int size(int group) {
    return Math.min(perGroup, windows - first(group));
  }

  /** The group that a window is in. */
  public int groupOf(int window) {
    return window / perGroup;
  }

  private static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
