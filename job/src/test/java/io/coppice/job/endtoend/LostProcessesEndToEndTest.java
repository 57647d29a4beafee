package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.ChildProcess;
import io.coppice.job.processes.Hdfs;
import io.coppice.job.processes.Launcher;
import io.coppice.job.processes.SparkHome;
import io.coppice.job.processes.StandaloneCluster;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers are killed while blocks are trained, and a driver whose files are on HDFS; the checkpoint
 * is that of a run left in peace.
 */
@Tag("cluster")
class LostProcessesEndToEndTest {
  /** Enough for seconds of training at the least. */
  private static final String[] LONG = {"--waves", "2", "--epochs", "100"};

  @TempDir private static Path folder;
  private static SparkHome spark;
  private static SmallRun small;
  private static Hdfs hdfs;
  private static Map<String, String> expected;

  @BeforeAll
  static void runInPeace() {
    spark = SparkHome.of("3.5.9", "2.12", false);
    small = SmallRun.write(folder);
    expected = small.expected(folder.resolve("expected"), LONG);
    hdfs = Hdfs.start(folder.resolve("hdfs"), 2);
    hdfs.put(Path.of(small.model()), "/data/model");
    hdfs.put(Path.of(small.text()), "/data/text.jsonl");
  }

  @AfterAll
  static void stop() {
    if (hdfs != null) {
      hdfs.close();
    }
  }

  @Test
  void aWorkerWithItsExecutor() {
    try (StandaloneCluster cluster = StandaloneCluster.start(spark, folder.resolve("two"), 2);
        ChildProcess run = start(cluster, small, folder.resolve("worker").toString())) {
      run.await(", epoch 1: ");
      cluster.workers().get(1).kill();

      finished(run);
      assertThat(run.log()).contains("Lost executor");
    }
    assertThat(Folders.checkpoint(folder.resolve("worker"))).isEqualTo(expected);
  }

  @Test
  void aDataNode() {
    SmallRun there = onHdfs();
    try (ChildProcess run =
        local().start(there.prune(output("node"), Program.with(LONG, "--activations", "files")))) {
      run.await(", epoch 1: ");
      hdfs.dataNodes().get(0).kill();

      finished(run);
    }
    assertThat(hdfs.dataNodes().get(0).isAlive()).isFalse();
    requireExpected("node");
    hdfs.restartDataNode(0);
  }

  @Test
  void theDriverWhichIsStartedAgain() {
    String[] prune = onHdfs().prune(output("driver"), LONG);
    try (ChildProcess run = local().start(prune)) {
      run.await("wave 1, block");
      Program second = Program.run(prune);
      assertThat(second.exitCode()).isEqualTo(2);
      assertThat(second.sentence()).startsWith("Another run (process ");
      run.await("wave 2, block");
      run.kill();
    }
    assertThat(hdfs.exists("/driver/sparse")).isFalse();

    Launcher.Finished again = local().run(prune).succeeded();

    assertThat(again.err()).contains("taken over: 2 of 2 blocks of wave 1");
    requireExpected("driver");
    assertThat(hdfs.names("/driver")).as("nothing else is left").containsExactly("sparse");
  }

  private static SmallRun onHdfs() {
    return new SmallRun(hdfs.uri() + "/data/model", hdfs.uri() + "/data/text.jsonl");
  }

  private static String output(String name) {
    return hdfs.uri() + "/" + name + "/sparse";
  }

  private static void requireExpected(String name) {
    assertThat(Folders.checkpoint(hdfs.fetch("/" + name + "/sparse", folder.resolve(name))))
        .isEqualTo(expected);
  }

  private static Launcher local() {
    return on("local[2]").with("HADOOP_CONF_DIR", hdfs.settings().toString());
  }

  /** Tells of epochs soon after they are over. */
  private static Launcher on(String master) {
    return new Launcher(folder, spark, master).set("spark.executor.heartbeatInterval", "200ms");
  }

  private static ChildProcess start(StandaloneCluster cluster, SmallRun run, String output) {
    return on(cluster.url()).set("spark.executor.cores", "1").start(run.prune(output, LONG));
  }

  private static void finished(ChildProcess run) {
    assertThat(run.isAlive()).as("still training").isTrue();
    int exitCode = run.exitCode();
    assertThat(exitCode).as(run.log()).isZero();
  }
}
