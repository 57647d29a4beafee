package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.Coppice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A run of the program in a process of its own, which can be killed.
 *
 * @param messages its standard error
 */
record DriverProcess(Process process, Path messages) implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("../deploy/coppice").toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Starts it with this JVM's class path and modules. */
  static DriverProcess start(Path messages, String master, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx1g",
            "-Dspark.master=" + master,
            "-Dspark.ui.enabled=false",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Coppice.class.getName()));
    command.addAll(List.of(arguments));
    return start(messages, command);
  }

  /** Starts the packaged program through the launcher. */
  static DriverProcess launch(Path messages, String master, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                LAUNCHER.toString(), "--master", master, "--conf", "spark.ui.enabled=false", "--"));
    command.addAll(List.of(arguments));
    return start(messages, command);
  }

  private static DriverProcess start(Path messages, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "SPARK_CONF_DIR"));
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    Process process = builder.redirectErrorStream(true).redirectOutput(messages.toFile()).start();
    return new DriverProcess(process, messages);
  }

  /** Waits while it runs; it must not end before the condition holds. */
  void await(BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(process.isAlive()).as(said()).isTrue();
      assertThat(System.nanoTime()).as(said()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  /** Lets it stand still, alive. */
  void freeze() throws Exception {
    Process stop = new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start();
    assertThat(stop.waitFor()).isZero();
  }

  /** The end of kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
  }

  /** Tells it to end by SIGTERM; gives what it said. */
  String terminated() throws Exception {
    process.destroy();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 15);
    return said();
  }

  /** Waits for the end, which must be a good one. */
  String succeeded() throws Exception {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(process.exitValue()).as(said()).isZero();
    return said();
  }

  private String said() throws IOException {
    return Files.readString(messages);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
