package io.coppice.job.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spark's own cluster manager: a master, and workers of one core each. */
public final class StandaloneCluster implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("Starting Spark master at (spark://\\S+)");

  private final SparkHome spark;
  private final Path folder;
  private final Map<String, String> environment;
  private final ChildProcess master;
  private final List<ChildProcess> workers = new ArrayList<>();

  private StandaloneCluster(SparkHome spark, Path folder) {
    this.spark = spark;
    this.folder = folder;
    this.environment =
        Map.of(
            "SPARK_LOCAL_IP",
            "127.0.0.1",
            "SPARK_LOCAL_DIRS",
            folder.toString(),
            "SPARK_DAEMON_MEMORY",
            "256m");
    this.master =
        spark.server(
            folder.resolve("master.log"),
            environment,
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--webui-port",
            "0");
  }

  /**
   * Starts a cluster and waits for its workers.
   *
   * @param folder for its logs and files; made anew
   */
  public static StandaloneCluster start(SparkHome spark, Path folder, int workers) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    StandaloneCluster cluster = new StandaloneCluster(spark, folder);
    try {
      cluster.master.await("I have been elected leader");
      for (int i = 0; i < workers; i++) {
        cluster.addWorker();
      }
      cluster.workers.forEach(worker -> worker.await("Successfully registered with master"));
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** Starts one more worker; the master gives it work as soon as it is up. */
  public void addWorker() {
    String name = "worker-" + workers.size();
    workers.add(
        spark.server(
            folder.resolve(name + ".log"),
            environment,
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "127.0.0.1",
            "--cores",
            "1",
            "--memory",
            "2g",
            "--webui-port",
            "0",
            "--work-dir",
            folder.resolve(name).toString(),
            url()));
  }

  /** The value of {@code --master}. */
  public String url() {
    Matcher matcher = URL.matcher(master.log());
    if (!matcher.find()) {
      throw new AssertionError("The master tells no address:\n" + master.log());
    }
    return matcher.group(1);
  }

  /** The workers, first started first, killed ones included; executors are their children. */
  public List<ChildProcess> workers() {
    return List.copyOf(workers);
  }

  @Override
  public void close() {
    workers.forEach(ChildProcess::close);
    master.close();
  }
}
