package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.ChildProcess;
import io.coppice.job.processes.Hdfs;
import io.coppice.job.processes.Launcher;
import io.coppice.job.processes.SparkHome;
import io.coppice.job.processes.StandaloneCluster;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Run after run on a standalone cluster and HDFS, while fifty processes are killed at random
 * moments: executors, workers, DataNodes and drivers. A run that dies is started again.
 */
@Tag("soak")
class SoakTest {
  private static final int KILLS = Integer.getInteger("coppice.soak.kills", 50);
  private static final int LONGEST_PAUSE = 20_000;

  /** Some of all stages: two waves of trained blocks, and files between them. */
  private static final String[] OPTIONS = {
    "--waves", "2", "--epochs", "200", "--activations", "files"
  };

  @TempDir private Path folder;
  private final long seed = Long.getLong("coppice.soak.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Map<Victim, Integer> kills = new EnumMap<>(Victim.class);
  private int finished;
  private int startedAgain;

  private enum Victim {
    EXECUTOR,
    WORKER,
    DATA_NODE,
    DRIVER
  }

  @Test
  void nothingIsLostAndNothingHalfVisible() throws InterruptedException {
    SparkHome spark = SparkHome.of("3.5.9", "2.12", false);
    SmallRun local = SmallRun.write(folder);
    Map<String, String> expected = local.expected(folder.resolve("expected"), OPTIONS);
    try (Hdfs hdfs = Hdfs.start(folder.resolve("hdfs"), 2);
        StandaloneCluster cluster =
            StandaloneCluster.start(spark, folder.resolve("standalone"), 2)) {
      SmallRun small =
          new SmallRun(
              hdfs.put(Path.of(local.model()), "/data/model"),
              hdfs.put(Path.of(local.text()), "/data/text.jsonl"));
      Launcher launcher =
          new Launcher(folder, spark, cluster.url())
              .set("spark.executor.cores", "1")
              .with("HADOOP_CONF_DIR", hdfs.settings().toString());
      while (total() < KILLS) {
        String output = "/out-%d/sparse".formatted(finished);
        try (ChildProcess run = launcher.start(small.prune(hdfs.uri() + output, OPTIONS))) {
          disturb(run, cluster, hdfs, output, expected);
        }
      }
    } finally {
      System.out.printf(
          "Soak with seed %d: killed %s; %d runs finished, %d started again%n",
          seed, kills, finished, startedAgain);
    }
    assertThat(finished).isPositive();
  }

  /** Kills processes until the run is over, in one way or the other. */
  private void disturb(
      ChildProcess run,
      StandaloneCluster cluster,
      Hdfs hdfs,
      String output,
      Map<String, String> expected)
      throws InterruptedException {
    while (run.isAlive()) {
      Thread.sleep(random.nextInt(LONGEST_PAUSE));
      if (run.isAlive() && total() < KILLS) {
        kill(Victim.values()[random.nextInt(Victim.values().length)], run, cluster, hdfs);
        requireAbsentOrWhole(hdfs, output, expected);
      }
    }
    int exitCode = run.exitCode();
    requireAbsentOrWhole(hdfs, output, expected);
    assertThat(hdfs.exists(output) || exitCode != 0).as(run.log()).isTrue();
    if (hdfs.exists(output)) {
      finished++;
    } else {
      // Its own process was killed, or one task too often.
      startedAgain++;
    }
  }

  private void kill(Victim victim, ChildProcess run, StandaloneCluster cluster, Hdfs hdfs) {
    boolean killed =
        switch (victim) {
          case EXECUTOR -> killExecutor(cluster);
          case WORKER -> killWorker(cluster);
          case DATA_NODE -> killDataNode(hdfs);
          case DRIVER -> killDriver(run);
        };
    if (killed) {
      kills.merge(victim, 1, Integer::sum);
    }
  }

  private boolean killExecutor(StandaloneCluster cluster) {
    List<ProcessHandle> executors =
        cluster.workers().stream().flatMap(worker -> worker.children().stream()).toList();
    return !executors.isEmpty()
        && executors.get(random.nextInt(executors.size())).destroyForcibly();
  }

  private boolean killWorker(StandaloneCluster cluster) {
    List<ChildProcess> alive = cluster.workers().stream().filter(ChildProcess::isAlive).toList();
    alive.get(random.nextInt(alive.size())).kill();
    cluster.addWorker();
    return true;
  }

  private boolean killDataNode(Hdfs hdfs) {
    int number = random.nextInt(hdfs.dataNodes().size());
    hdfs.dataNodes().get(number).kill();
    hdfs.restartDataNode(number);
    return true;
  }

  private boolean killDriver(ChildProcess run) {
    run.kill();
    run.exitCode();
    return true;
  }

  private void requireAbsentOrWhole(Hdfs hdfs, String output, Map<String, String> expected) {
    if (hdfs.exists(output)) {
      assertThat(
              Folders.checkpoint(
                  hdfs.fetch(output, folder.resolve("fetched-%d-%d".formatted(finished, total())))))
          .isEqualTo(expected);
    }
  }

  private int total() {
    return kills.values().stream().mapToInt(Integer::intValue).sum();
  }
}
