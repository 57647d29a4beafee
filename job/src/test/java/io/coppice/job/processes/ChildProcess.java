package io.coppice.job.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A process beside the tests' own. Closing kills it with all that it has started; so does the end
 * of the tests' process.
 */
public final class ChildProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  private final Path log;
  private final Process process;
  private final Set<ProcessHandle> descendants = new LinkedHashSet<>();

  private ChildProcess(Path log, Process process) {
    this.log = log;
    this.process = process;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  /** Starts a program whose output and messages go to one file. */
  public static ChildProcess start(
      Path log, Map<String, String> environment, List<String> command) {
    return start(log, log, environment, command);
  }

  /**
   * Starts a program.
   *
   * @param out for its standard output
   * @param log for its standard error, which {@link #log()} reads
   */
  static ChildProcess start(
      Path out, Path log, Map<String, String> environment, List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(log.getParent().toFile())
            .redirectOutput(out.toFile());
    if (out.equals(log)) {
      builder.redirectErrorStream(true);
    } else {
      builder.redirectError(log.toFile());
    }
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("SPARK_") || name.startsWith("HADOOP_"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    try {
      return new ChildProcess(log, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything that it has logged so far. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it has said something; that it ends without having said it is an error. */
  public void await(String words) {
    await(words, () -> log().contains(words));
  }

  /**
   * Waits for a condition; that the process ends without it is an error.
   *
   * @param what names the condition, for the message
   */
  public void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      boolean alive = process.isAlive();
      if ((!alive || System.nanoTime() > deadline) && !condition.getAsBoolean()) {
        throw new AssertionError(
            "%s before: %s%n%s".formatted(alive ? "Waited in vain" : "Ended", what, log()));
      }
      pause();
    }
  }

  /** Waits for its end. */
  public int exitCode() {
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(log()).isTrue();
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The processes that it started itself and that still run. */
  public List<ProcessHandle> children() {
    return process.children().toList();
  }

  /** Kills it (kill -9); its own children go on. */
  public void kill() {
    process.descendants().forEach(descendants::add);
    process.destroyForcibly();
  }

  @Override
  public synchronized void close() {
    process.descendants().forEach(descendants::add);
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
    // Not before they are gone can their folders be deleted.
    descendants.stream().filter(ProcessHandle::isAlive).forEach(child -> child.onExit().join());
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
