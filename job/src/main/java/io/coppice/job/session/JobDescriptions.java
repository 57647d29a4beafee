package io.coppice.job.session;

import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.spark.SparkContext;

/**
 * Describes Spark's jobs by the stage of the run that they belong to, as Spark's pages and event
 * logs show it, and passes everything on.
 */
final class JobDescriptions implements Progress {
  private final Progress progress;
  private final Deque<String> stages = new ArrayDeque<>();
  private Optional<SparkContext> spark = Optional.empty();

  JobDescriptions(Progress progress) {
    this.progress = progress;
  }

  /** Spark has started; from now on its jobs, of the calling thread, are described. */
  void describe(SparkContext started) {
    spark = Optional.of(started);
    update();
  }

  @Override
  public void report(ProgressEvent event) {
    // The others come from Spark's own threads too.
    if (event instanceof ProgressEvent.StageStarted started) {
      stages.push(started.stage());
      update();
    } else if (event instanceof ProgressEvent.StageFinished) {
      stages.poll();
      update();
    }
    progress.report(event);
  }

  private void update() {
    spark.ifPresent(
        context ->
            context.setJobDescription(
                "Coppice: " + stages.stream().findFirst().orElse("preparation")));
  }

  @Override
  public void close() {
    progress.close();
  }
}
