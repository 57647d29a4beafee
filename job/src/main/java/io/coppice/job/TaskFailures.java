package io.coppice.job;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.util.Optional;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskEndReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Ends a run when one of its tasks fails for the user's or the data's fault: Spark would try it
 * again, hours of training perhaps, and it would fail again.
 */
final class TaskFailures extends SparkListener {
  private final SparkContext spark;
  private volatile Optional<RuntimeException> hopeless = Optional.empty();

  private TaskFailures(SparkContext spark) {
    this.spark = spark;
  }

  /** Watches all tasks from here on. */
  static TaskFailures watch(SparkContext spark) {
    TaskFailures failures = new TaskFailures(spark);
    spark.addSparkListener(failures);
    return failures;
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    Optional<RuntimeException> failure = hopeless(end.reason());
    if (failure.isPresent() && hopeless.isEmpty()) {
      hopeless = failure;
      spark.cancelAllJobs();
    }
  }

  private static Optional<RuntimeException> hopeless(TaskEndReason reason) {
    if (!(reason instanceof ExceptionFailure failure)) {
      return Optional.empty();
    }
    if (failure.className().equals(UsageException.class.getName())) {
      return Optional.of(new UsageException(failure.description()));
    }
    return failure.className().equals(InvalidDataException.class.getName())
        ? Optional.of(new InvalidDataException(failure.description()))
        : Optional.empty();
  }

  /** What ended a run: the task that failed for good, if it only says that its jobs are over. */
  Exception cause(Exception failure) {
    return Failure.of(failure).exitCode() == Failure.OURS && hopeless.isPresent()
        ? hopeless.orElseThrow()
        : failure;
  }
}
