package io.coppice.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A JVM of its own for a program of a test: for what a process can do only once. */
public final class JavaProcess {
  private JavaProcess() {}

  /** All that the program prints; it must end with exit code 0. */
  public static String output(List<String> options, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        Stream.of(
                Stream.of(java),
                options.stream(),
                Stream.of("-cp", System.getProperty("java.class.path"), program.getName()),
                Stream.of(arguments))
            .flatMap(parts -> parts)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
