package io.coppice.job.stage;

import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import java.util.function.Supplier;

/** Reports stages as they start and finish. */
final class Stages {
  private final Progress progress;

  Stages(Progress progress) {
    this.progress = progress;
  }

  /** Reports something else. */
  void report(ProgressEvent event) {
    progress.report(event);
  }

  /** Runs a stage. */
  <T> T run(String name, Supplier<T> stage) {
    long begun = System.nanoTime();
    progress.report(new ProgressEvent.StageStarted(name));
    T result = stage.get();
    progress.report(new ProgressEvent.StageFinished(name, (System.nanoTime() - begun) / 1e9));
    return result;
  }
}
