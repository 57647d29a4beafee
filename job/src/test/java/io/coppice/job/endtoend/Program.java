package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.Coppice;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkContext$;
import org.apache.spark.sql.SparkSession;

/**
 * One run of the program in this process, as spark-submit would run it.
 *
 * @param out its standard output, the result
 * @param err progress and messages
 */
record Program(int exitCode, String out, String err) {
  private static final String MESSAGE = "coppice: ";

  /** Runs on two cores of this machine. */
  static Program run(String... arguments) {
    return on("local[2]", arguments);
  }

  /** Runs on a Spark master; leaves no session. */
  static Program on(String master, String... arguments) {
    Map<String, String> settings = Map.of("spark.master", master, "spark.ui.enabled", "false");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    settings.forEach(System::setProperty);
    int exitCode;
    try {
      exitCode = Coppice.run(arguments, printTo(out), printTo(err));
    } finally {
      settings.keySet().forEach(System::clearProperty);
    }
    assertThat(SparkContext$.MODULE$.getActive().isEmpty()).as("Spark is stopped").isTrue();
    assertThat(SparkSession.getDefaultSession().isEmpty()).as("no session is left").isTrue();
    return new Program(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Runs the program, which must succeed without a word of complaint. */
  static Program succeed(String... arguments) {
    return run(arguments).succeeded();
  }

  Program succeeded() {
    assertThat(exitCode).as(err).isZero();
    assertThat(err).doesNotContain(MESSAGE);
    return this;
  }

  /** The one sentence that a failed run ends with; it has no other result. */
  String sentence() {
    List<String> messages = err.lines().filter(line -> line.startsWith(MESSAGE)).toList();
    assertThat(messages).as(err).hasSize(1);
    assertThat(err).endsWith(messages.get(0) + "\n");
    assertThat(err).doesNotContain("\tat ");
    assertThat(out).isEmpty();
    return messages.get(0).substring(MESSAGE.length());
  }

  /** Splits arguments at blanks, as a shell does; for those that hold none. */
  static String[] words(String... lines) {
    return Stream.of(lines)
        .flatMap(line -> Stream.of(line.split(" ")))
        .filter(word -> !word.isEmpty())
        .toArray(String[]::new);
  }

  /** Arguments and more of them. */
  static String[] with(String[] arguments, String... more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  private static PrintStream printTo(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
