package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.Hdfs;
import io.coppice.job.processes.Launcher;
import io.coppice.job.processes.SparkHome;
import io.coppice.job.processes.Yarn;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything on HDFS, and programs on YARN, each server a process of its own. */
@Tag("cluster")
class HadoopEndToEndTest {
  @TempDir private static Path folder;
  private static SparkHome spark;
  private static Hdfs hdfs;
  private static Yarn yarn;
  private static SmallRun small;
  private static Map<String, String> expected;

  @BeforeAll
  static void start() {
    SmallRun local = SmallRun.write(folder);
    expected = local.expected(folder.resolve("expected"));
    spark = SparkHome.of("3.5.5", "2.12", true);
    hdfs = Hdfs.start(folder.resolve("hdfs"), 1);
    yarn = Yarn.start(folder.resolve("yarn"), hdfs);
    small =
        new SmallRun(
            hdfs.put(Path.of(local.model()), "/data/model"),
            hdfs.put(Path.of(local.text()), "/data/text.jsonl"));
  }

  @AfterAll
  static void stop() {
    if (yarn != null) {
      yarn.close();
    }
    if (hdfs != null) {
      hdfs.close();
    }
  }

  @Test
  void theDriverHere() {
    prune(yarn(), "client", "--activations", "files");
  }

  @Test
  void theDriverOnTheCluster() {
    Launcher cluster = yarn().set("spark.submit.deployMode", "cluster");
    prune(cluster, "cluster");

    // spark-submit hides a driver's exit code; it tells it, and the driver's log has the sentence.
    Launcher.Finished refused =
        cluster.set("spark.yarn.maxAppAttempts", "1").run(small.prune(output("cluster")));
    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
    assertThat(refused.err()).contains("User application exited with status 2");
    assertThat(yarn.containerLogs()).contains("coppice: Output folder " + output("cluster"));
  }

  private void prune(Launcher launcher, String name, String... more) {
    launcher.run(small.prune(output(name), more)).succeeded();
    assertThat(Folders.checkpoint(hdfs.fetch("/" + name + "/sparse", folder.resolve(name))))
        .isEqualTo(expected);
    assertThat(hdfs.names("/" + name)).as("nothing else is left").containsExactly("sparse");
  }

  private static String output(String name) {
    return hdfs.uri() + "/" + name + "/sparse";
  }

  private static Launcher yarn() {
    return new Launcher(folder, spark, "yarn")
        .with("HADOOP_CONF_DIR", hdfs.settings().toString())
        .set("spark.yarn.jars", "local:" + spark.folder() + "/jars/*")
        .set("spark.executor.instances", "2")
        .set("spark.executor.memory", "512m")
        .set("spark.yarn.am.memory", "512m");
  }
}
