package io.coppice.job.plan;

/**
 * The most memory that a task needs.
 *
 * @param pruning off-heap bytes while it prunes
 * @param training off-heap bytes while it trains; 0 where nothing is trained
 * @param pass off-heap bytes while a group of windows passes through the model
 * @param heap bytes of Java heap, without activations that are broadcast
 */
public record TaskMemory(long pruning, long training, long pass, long heap) {

  /** The most off-heap bytes of all three. */
  public long offHeap() {
    return Math.max(pass, Math.max(pruning, training));
  }
}
