package io.coppice.job.plan;

/**
 * The most memory that a task takes.
 *
 * @param pruning off-heap bytes while it prunes
 * @param training off-heap bytes while it trains; 0 where nothing is trained
 * @param pass off-heap bytes while it takes a group of windows through the model
 * @param heap bytes of Java heap, activations that are broadcast not included
 */
public record TaskMemory(long pruning, long training, long pass, long heap) {

  /** Off-heap bytes at most. */
  public long offHeap() {
    return Math.max(pass, Math.max(pruning, training));
  }
}
