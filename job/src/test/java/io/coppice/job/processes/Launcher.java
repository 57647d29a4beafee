package io.coppice.job.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code deploy/coppice} with the packaged jar, on some Spark and some master. */
public final class Launcher {
  private static final Path SCRIPT = Path.of("../deploy/coppice").toAbsolutePath().normalize();

  private static final String KERNEL = "OPENBLAS_CORETYPE";

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> sparkOptions =
      new ArrayList<>(List.of("--conf", "spark.ui.enabled=false"));

  /**
   * @param folder for its logs
   * @param spark what to run on
   * @param master the value of {@code --master}
   */
  public Launcher(Path folder, SparkHome spark, String master) {
    this.folder = folder;
    environment.put("SPARK_HOME", spark.folder().toString());
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.put("SPARK_DRIVER_MEMORY", "1g");
    sparkOptions.addAll(List.of("--master", master));
    // YARN gives programs an environment of their own, and with it another kernel, other bytes.
    Optional.ofNullable(System.getenv(KERNEL))
        .ifPresent(
            kernel ->
                set("spark.executorEnv." + KERNEL, kernel)
                    .set("spark.yarn.appMasterEnv." + KERNEL, kernel));
  }

  /** Gives the launcher an environment variable. */
  public Launcher with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Gives spark-submit a setting. */
  public Launcher set(String property, String value) {
    sparkOptions.addAll(List.of("--conf", property + "=" + value));
    return this;
  }

  /**
   * The end of a run.
   *
   * @param out its standard output
   * @param err its standard error
   */
  public record Finished(int exitCode, String out, String err) {
    /** The run, which must have ended well. */
    public Finished succeeded() {
      assertThat(exitCode).as(err).isZero();
      return this;
    }
  }

  /** Runs Coppice to its end. */
  public Finished run(String... arguments) {
    Path out = folder.resolve("out.txt");
    try (ChildProcess running = start(arguments)) {
      return new Finished(running.exitCode(), Files.readString(out), running.log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts Coppice; its log is standard error. */
  public ChildProcess start(String... arguments) {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(sparkOptions);
    command.add("--");
    command.addAll(List.of(arguments));
    return ChildProcess.start(
        folder.resolve("out.txt"), folder.resolve("messages.txt"), environment, command);
  }
}
