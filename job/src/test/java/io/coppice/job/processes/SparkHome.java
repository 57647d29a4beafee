package io.coppice.job.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A Spark of some version, laid out as spark-submit expects it.
 *
 * @param name its version and Scala's
 * @param folder what SPARK_HOME names
 */
public record SparkHome(String name, Path folder) {
  private static final Path LAY_OUT =
      Path.of("../deploy/spark-home/lay-out").toAbsolutePath().normalize();

  /**
   * Resolves a version, with its parts for YARN if asked for.
   *
   * @param scala Scala's binary version
   */
  public static SparkHome of(String version, String scala, boolean yarn) {
    String name = "spark-%s_%s%s".formatted(version, scala, yarn ? "-yarn" : "");
    List<String> options =
        new ArrayList<>(List.of("-Dspark.version=" + version, "-Dscala.binary.version=" + scala));
    if (yarn) {
      options.add("-Pyarn");
    }
    Path folder =
        MavenClassPath.list(name, "spark.xml", options.toArray(String[]::new)).getParent();
    try (ChildProcess layOut =
        ChildProcess.start(
            folder.resolve("lay-out.log"),
            Map.of(),
            List.of(LAY_OUT.toString(), folder.toString()))) {
      int exitCode = layOut.exitCode();
      assertThat(exitCode).as(layOut.log()).isZero();
    }
    return new SparkHome(name, folder);
  }

  /** Starts one of Spark's own servers. */
  ChildProcess server(Path log, Map<String, String> environment, String... words) {
    List<String> command = new ArrayList<>(List.of(folder.resolve("bin/spark-class").toString()));
    command.addAll(List.of(words));
    return ChildProcess.start(log, environment, command);
  }

  @Override
  public String toString() {
    return name;
  }
}
