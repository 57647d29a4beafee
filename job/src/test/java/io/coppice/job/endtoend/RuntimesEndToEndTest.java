package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.Launcher;
import io.coppice.job.processes.SparkHome;
import io.coppice.job.processes.StandaloneCluster;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One jar on several versions of Spark and of Scala, on Spark's own masters. */
@Tag("cluster")
class RuntimesEndToEndTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"3.5.9, 2.12", "3.5.6, 2.13", "4.1.0, 2.13"})
  void allGiveTheSameBytes(String version, String scala) {
    SparkHome spark = SparkHome.of(version, scala, false);
    SmallRun small = SmallRun.write(folder);
    Map<String, String> expected = small.expected(folder.resolve("expected"));

    Launcher executors =
        new Launcher(folder, spark, "local-cluster[2,1,1024]").set("spark.executor.memory", "1g");
    assertThat(prune(executors, small, "executors")).isEqualTo(expected);
    small.look(new Launcher(folder, spark, "local[2]"), folder.resolve("executors").toString());

    try (StandaloneCluster cluster =
        StandaloneCluster.start(spark, folder.resolve("standalone"), 2)) {
      Launcher standalone = new Launcher(folder, spark, cluster.url());
      assertThat(prune(standalone, small, "workers")).isEqualTo(expected);
    }
  }

  private Map<String, String> prune(Launcher launcher, SmallRun small, String output) {
    launcher.run(small.prune(folder.resolve(output).toString())).succeeded();
    return Folders.checkpoint(folder.resolve(output));
  }
}
