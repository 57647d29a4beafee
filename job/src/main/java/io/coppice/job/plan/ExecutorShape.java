package io.coppice.job.plan;

import org.apache.spark.SparkConf;

/**
 * The executors of a cluster, as Spark's settings describe them.
 *
 * @param executors number of executors; 1 in local mode, and by default
 * @param slots tasks that one of them runs at a time
 * @param heapBytes Java heap of one of them
 * @param driverHeapBytes Java heap of the driver
 * @param local whether the driver is the executor
 */
record ExecutorShape(
    int executors, int slots, long heapBytes, long driverHeapBytes, boolean local) {
  /** Cores of an executor where neither settings nor master say otherwise. */
  private static final int DEFAULT_CORES = 4;

  static ExecutorShape of(SparkConf conf) {
    String master = conf.get("spark.master", "local[*]");
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    long ownHeap = Runtime.getRuntime().maxMemory();
    if (master.startsWith("local") && !master.startsWith("local-cluster")) {
      String threads = master.replaceAll("^local\\[?([^\\],]*).*$", "$1");
      int cores =
          threads.matches("\\d{1,6}")
              ? Integer.parseInt(threads)
              : threads.isEmpty() ? 1 : Runtime.getRuntime().availableProcessors();
      return new ExecutorShape(1, Math.max(1, cores / taskCpus), ownHeap, ownHeap, true);
    }
    int cores = conf.getInt("spark.executor.cores", master.startsWith("yarn") ? 1 : DEFAULT_CORES);
    return new ExecutorShape(
        Math.max(1, conf.getInt("spark.executor.instances", 1)),
        Math.max(1, cores / taskCpus),
        conf.getSizeAsBytes("spark.executor.memory", "1g"),
        conf.getSizeAsBytes("spark.driver.memory", "1g"),
        false);
  }

  /** Tasks that all executors together run at a time. */
  int allSlots() {
    return executors * slots;
  }
}
