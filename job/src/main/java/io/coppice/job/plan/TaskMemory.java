package io.coppice.job.plan;

/**
 * The most memory that a task needs.
 *
 * @param pruning off-heap bytes while it prunes
 * @param training off-heap bytes while it trains; 0 where nothing is trained
 * @param lastBlock off-heap bytes while the task of the last block trains, where that takes more
 *     than the others' because of its loss; else 0
 * @param pass off-heap bytes while a group of windows passes through the model, or back, or while
 *     gradients are summed
 * @param heap bytes of Java heap, without activations that are broadcast
 */
public record TaskMemory(long pruning, long training, long lastBlock, long pass, long heap) {

  /** The most off-heap bytes of any task. */
  public long offHeap() {
    return Math.max(lastBlock, offHeapOfMost());
  }

  /** The most off-heap bytes of the tasks that there may be several of at a time. */
  public long offHeapOfMost() {
    return Math.max(pass, Math.max(pruning, training));
  }
}
