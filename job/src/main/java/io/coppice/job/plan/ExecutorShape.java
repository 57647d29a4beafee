package io.coppice.job.plan;

import io.coppice.job.cluster.OffHeapMemory;
import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * The executors of a cluster, as Spark's settings describe them.
 *
 * @param executors number of executors; 1 in local mode, and by default
 * @param slots tasks that one of them runs at a time
 * @param memory memory of one of them, and of the driver
 * @param local whether the driver is the executor
 */
record ExecutorShape(int executors, int slots, Memory memory, boolean local) {
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
    String master = conf.get("spark.master", "local[*]");
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    Optional<OffHeapMemory> offHeap = OffHeapMemory.ofExecutor(conf);
    long ownHeap = Runtime.getRuntime().maxMemory();
    if (master.startsWith("local") && !master.startsWith("local-cluster")) {
      String threads = master.replaceAll("^local\\[?([^\\],]*).*$", "$1");
      int cores =
          threads.matches("\\d{1,6}")
              ? Integer.parseInt(threads)
              : threads.isEmpty() ? 1 : Runtime.getRuntime().availableProcessors();
      return new ExecutorShape(
          1, Math.max(1, cores / taskCpus), new Memory(ownHeap, ownHeap, offHeap), true);
    }
    int cores = conf.getInt("spark.executor.cores", master.startsWith("yarn") ? 1 : DEFAULT_CORES);
    return new ExecutorShape(
        Math.max(1, conf.getInt("spark.executor.instances", 1)),
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
