package io.coppice.job.session;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Ends a run when a task is sure to fail again, for which Spark would repeat hours of training
 * perhaps: at once where data are broken, and at the second time where the user can put it right,
 * for a full disk or too little memory may be one machine's.
 */
final class TaskFailures extends SparkListener {
  private static final Pattern CANCELLED = Pattern.compile("(?i)\\bcancel");

  private final SparkContext spark;
  private final Set<String> failedOnce = new HashSet<>();
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

  /** Whether these are a context's tasks. */
  boolean isOf(SparkContext context) {
    return spark == context;
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.reason() instanceof ExceptionFailure failure && !end.taskInfo().speculative()) {
      String task = end.stageId() + "." + end.taskInfo().index();
      Optional<RuntimeException> known = known(failure.className(), failure.description());
      if (known.isPresent()
          && hopeless.isEmpty()
          && (known.orElseThrow() instanceof InvalidDataException || !failedOnce.add(task))) {
        hopeless = known;
        if (!spark.isStopped()) {
          spark.cancelAllJobs();
        }
      }
    }
  }

  private static Optional<RuntimeException> known(String type, String message) {
    if (type.equals(UsageException.class.getName())) {
      return Optional.of(new UsageException(message));
    }
    return type.equals(InvalidDataException.class.getName())
        ? Optional.of(new InvalidDataException(message))
        : Optional.empty();
  }

  /** What ended a run: the task that failed for good, if all that is told is that jobs are over. */
  Exception cause(Exception failure) {
    boolean cancelled =
        Failure.of(failure).exitCode() == Failure.OURS
            && CANCELLED.matcher(String.valueOf(failure.getMessage())).find();
    return cancelled && hopeless.isPresent() ? hopeless.orElseThrow() : failure;
  }
}
