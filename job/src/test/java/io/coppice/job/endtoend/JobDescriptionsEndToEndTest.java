package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spark's pages describe jobs by the stages of the run. */
class JobDescriptionsEndToEndTest {
  @TempDir private Path folder;

  @Test
  void everyJobIsDescribedByItsStage() {
    SmallRun small = SmallRun.write(folder);
    System.setProperty("spark.extraListeners", Listener.class.getName());
    try {
      Program.succeed(
          small.prune(folder.resolve("sparse").toString(), "--waves", "2", "--epochs", "2"));
    } finally {
      System.clearProperty("spark.extraListeners");
    }
    assertThat(Listener.DESCRIPTIONS)
        .allMatch(description -> description.startsWith("Coppice: "))
        .contains(
            "Coppice: calibration",
            "Coppice: dense pass",
            "Coppice: assembly",
            "Coppice: perplexity on held-out text")
        .anyMatch(description -> description.contains("wave 2"));
  }

  /** Made by Spark, which takes none that is made here. */
  public static final class Listener extends SparkListener {
    private static final Queue<String> DESCRIPTIONS = new ConcurrentLinkedQueue<>();

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      DESCRIPTIONS.add(String.valueOf(job.properties().getProperty("spark.job.description")));
    }
  }
}
