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

/**
 * One jar on other versions of Spark and of Scala than all other tests have, on a cluster and on
 * one machine.
 */
@Tag("cluster")
class RuntimesEndToEndTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"3.5.6, 2.13", "4.1.0, 2.13"})
  void allGiveTheSameBytes(String version, String scala) {
    SparkHome spark = SparkHome.of(version, scala, false);
    SmallRun small = SmallRun.write(folder);
    Map<String, String> expected = small.expected(folder.resolve("expected"));

    try (StandaloneCluster cluster =
        StandaloneCluster.start(spark, folder.resolve("standalone"), 2)) {
      Launcher standalone = new Launcher(folder, spark, cluster.url());
      String sparse = folder.resolve("sparse").toString();
      standalone.run(small.prune(sparse)).succeeded();
      assertThat(Folders.checkpoint(folder.resolve("sparse"))).isEqualTo(expected);
      small.look(new Launcher(folder, spark, "local[2]"), sparse);
    }
  }
}
