package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.progress.SilentProgress;
import io.coppice.job.session.SparkSessions;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InspectRunTest {
  private static final String MODEL = "src/main/resources/demo/model";

  @AfterEach
  void stop() {
    SparkSessions.stop();
    System.clearProperty("spark.master");
    System.clearProperty("spark.ui.enabled");
  }

  /** A small model needs no Spark, and is told alike with it. */
  @Test
  void sparkIsForLargeModels() {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");

    String here = inspect(1 << 30, InspectRunTest::refused);
    String inTasks = inspect(0, () -> SparkSessions.start("inspect"));

    assertThat(here).startsWith("LlamaForCausalLM").contains("block 0: 0.00 %", "q_proj");
    assertThat(inTasks).isEqualTo(here);
  }

  private static String inspect(long small, Supplier<SparkSession> start) {
    RunEnvironment environment =
        new RunEnvironment(
            new ResolvedConfiguration(Map.of()), new Configuration(), new SilentProgress(), start);
    return new InspectRun(MODEL, environment, small).run().toText();
  }

  private static SparkSession refused() {
    throw new AssertionError("Spark is started");
  }
}
