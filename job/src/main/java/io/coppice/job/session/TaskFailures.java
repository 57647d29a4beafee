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
 * Ends a run when a task is sure to fail again, instead of letting Spark repeat what may be hours
 * of training: at once if data are broken, and the second time if it is for the user to put right,
 * since a full disk or too little memory may be the fault of one machine.
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

  /** Whether this watches the tasks of a context. */
  boolean isOf(SparkContext context) {
    return spark == context;
  }

  /** Lets Spark say no more of them, or of anything else. */
  void silence() {
    spark.setLogLevel("OFF");
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.reason() instanceof ExceptionFailure failure && !end.taskInfo().speculative()) {
      String task = end.stageId() + "." + end.taskInfo().index();
      Optional<RuntimeException> known = known(failure);
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

  /** A task's own exception, even if a class initialiser's or another exception wraps it. */
  private static Optional<RuntimeException> known(ExceptionFailure task) {
    return Failure.told(task.fullStackTrace())
        .flatMap(
            failure ->
                switch (failure.exitCode()) {
                  case Failure.USAGE -> Optional.of(new UsageException(failure.message()));
                  case Failure.DATA -> Optional.of(new InvalidDataException(failure.message()));
                  default -> Optional.empty();
                });
  }

  /**
   * The reason why a run ended: the hopeless task if the failure says only that jobs were
   * cancelled.
   */
  Exception cause(Exception failure) {
    boolean cancelled =
        Failure.of(failure).exitCode() == Failure.OURS
            && CANCELLED.matcher(String.valueOf(failure.getMessage())).find();
    return cancelled && hopeless.isPresent() ? hopeless.orElseThrow() : failure;
  }
}
