package io.coppice.job.plan;

import io.coppice.job.cluster.ExecutorCores;
import io.coppice.job.cluster.OffHeapMemory;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;

/**
 * The executors of a cluster, as Spark's settings describe them.
 *
 * @param executors number of executors; 1 in local mode, and by default
 * @param cores of one of them
 * @param slots tasks that one of them runs at a time
 * @param memory memory of one of them, and of the driver
 * @param local whether the driver is the executor
 */
record ExecutorShape(int executors, int cores, int slots, Memory memory, boolean local) {
  /** Cores of an executor where neither settings nor master say otherwise. */
  private static final int DEFAULT_CORES = 4;

  /**
   * Memory of processes.
   *
   * @param heap bytes of an executor's Java heap
   * @param driverHeap bytes of the driver's Java heap
   * @param offHeap memory of an executor outside its heap, where it is known
   */
  record Memory(long heap, long driverHeap, Optional<OffHeapMemory> offHeap) {}

  static ExecutorShape of(SparkConf conf) {
    Optional<OffHeapMemory> offHeap = OffHeapMemory.ofExecutor(conf);
    OptionalInt known = ExecutorCores.of(conf);
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    if (ExecutorCores.isLocal(conf)) {
      int cores = known.orElse(Runtime.getRuntime().availableProcessors());
      long ownHeap = Runtime.getRuntime().maxMemory();
      return new ExecutorShape(
          1, cores, Math.max(1, cores / taskCpus), new Memory(ownHeap, ownHeap, offHeap), true);
    }
    int cores = known.orElse(DEFAULT_CORES);
    return new ExecutorShape(
        Math.max(1, conf.getInt("spark.executor.instances", 1)),
        cores,
        Math.max(1, cores / taskCpus),
        new Memory(
            conf.getSizeAsBytes("spark.executor.memory", "1g"),
            conf.getSizeAsBytes("spark.driver.memory", "1g"),
            offHeap),
        false);
  }

  /** Tasks that all executors together run at a time. */
  int allSlots() {
    return executors * slots;
  }
}
