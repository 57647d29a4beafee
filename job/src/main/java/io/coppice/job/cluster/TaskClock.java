package io.coppice.job.cluster;

import io.coppice.job.progress.ProcessMemory;
import io.coppice.job.progress.TaskRun;
import org.apache.spark.SparkEnv;

/** Takes the time and memory of a task on blocks, where it runs. */
public final class TaskClock {
  private final TaskRun.Work work;
  private final long begun = System.currentTimeMillis();

  /** Starts now. */
  public TaskClock(TaskRun.Work work) {
    this.work = work;
  }

  /** The process that the calling task runs in. */
  static TaskRun.Place here() {
    SparkEnv spark = SparkEnv.get();
    return new TaskRun.Place(
        spark.executorId(),
        spark.blockManager().blockManagerId().host(),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * Stops now.
   *
   * @param offHeap bytes that the task's tensors took at most
   */
  public TaskRun stop(long offHeap) {
    return new TaskRun(
        work,
        here(),
        begun,
        Math.max(begun, System.currentTimeMillis()),
        new TaskRun.Memory(offHeap, ProcessMemory.now()));
  }
}
