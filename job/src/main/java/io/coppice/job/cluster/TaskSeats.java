package io.coppice.job.cluster;

import io.coppice.parallel.KernelPool;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/** Counts each running task of this process for one of the threads that compute. */
final class TaskSeats {
  private static final Set<Long> SEATED = ConcurrentHashMap.newKeySet();

  private TaskSeats() {}

  /** Takes a seat for a task, until it ends; the second time it has one already. */
  static void take(TaskContext task, KernelPool pool) {
    long id = task.taskAttemptId();
    if (!SEATED.add(id)) {
      return;
    }
    KernelPool.Seat seat = pool.takeSeat();
    task.addTaskCompletionListener(
        new TaskCompletionListener() {
          @Override
          public void onTaskCompletion(TaskContext ended) {
            SEATED.remove(id);
            seat.close();
          }
        });
  }
}
