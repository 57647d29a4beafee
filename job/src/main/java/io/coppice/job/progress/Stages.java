package io.coppice.job.progress;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;

/** Reports stages as they start and finish. */
public final class Stages {
  private final Progress progress;

  public Stages(Progress progress) {
    this.progress = progress;
  }

  /** Reports another event. */
  public void report(ProgressEvent event) {
    progress.report(event);
  }

  /** Listens to what the tasks of the jobs to come report. */
  public ExecutorProgress ofTasks(SparkContext spark) {
    return new ExecutorProgress(spark, progress);
  }

  /** Runs a stage that has no result. */
  public void perform(String name, Runnable stage) {
    run(
        name,
        () -> {
          stage.run();
          return name;
        });
  }

  /** Runs a stage and returns its result. */
  public <T> T run(String name, Supplier<T> stage) {
    long begun = System.nanoTime();
    progress.report(new ProgressEvent.StageStarted(name));
    T result = stage.get();
    progress.report(new ProgressEvent.StageFinished(name, (System.nanoTime() - begun) / 1e9));
    return result;
  }
}
