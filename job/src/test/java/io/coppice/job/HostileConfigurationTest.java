package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.coppice.failure.UsageException;
import io.coppice.job.cli.CommandParser;
import io.coppice.job.cli.ConfigurationFile;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.session.Failure;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken configuration files: refused in a sentence, or settings that can be. */
class HostileConfigurationTest {
  private static final int INPUTS = 2000;
  private static final long MOST_BYTES = 256L << 20;
  private static final int LONGEST_SENTENCE = 2100;
  private static final List<String> ODD =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1",
          "NaN",
          "Infinity",
          "1e400",
          "-1e-400",
          "2147483648",
          "9223372036854775808",
          "0.5",
          "lr",
          "auto",
          "\"2:4\"",
          "\"0:0\"",
          "\"-1:4\"",
          "\"\"",
          "\" \"",
          "\"\\u0000\"",
          "\"a\\nb\"",
          "\"\\ud800\"",
          "[]",
          "[[]]",
          "[[1],{a=1}]",
          "[1,2]",
          "{}",
          "{ a = 1 }",
          "{ \"*\" = dense }",
          "{ a { b { c = 1 } } }",
          "${HOME}",
          "${?HOME}",
          "${sparsity}",
          "${a}${a}",
          "10 days",
          "/etc/passwd",
          "\"..\"",
          "\"hdfs://\"",
          "\":\"",
          "\"http://a/b\"",
          "\"*\"",
          "x".repeat(5000),
          "[".repeat(5000),
          "{a=".repeat(5000),
          "[".repeat(900) + "]".repeat(900),
          "1" + "0".repeat(3000),
          "\"\"\"a\nb\"\"\"",
          "include",
          "a.b.c",
          "\"--overwrite\"",
          "\"@/etc/passwd\"",
          "%s",
          "%n%d",
          "\u001b[31m");
  private static final List<String> LINES =
      List.of(
          "include \"/etc/passwd\"",
          "include file(\"/etc/passwd\")",
          "include \"other.conf\"",
          "include url(\"http://localhost/a\")",
          "include classpath(\"reference.conf\")",
          "include required(file(\"none\"))",
          "model = ${model}",
          "model = ${model}a",
          "epochs += 1",
          "a.b.c.d = 1",
          "\"\" = 1",
          "sparsity { a = 1 }",
          "}",
          "{",
          "\"",
          "\"\"\"",
          "model",
          "=",
          "a=".repeat(3000),
          "a.".repeat(5000) + "a = 1",
          "a.".repeat(500) + "a = 1",
          "{".repeat(5000));

  @TempDir private Path folder;

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void brokenFilesAreRefusedOrSettings() throws IOException {
    Path file = folder.resolve("prune.conf");
    List<String> sound = Files.readAllLines(Path.of("../conf/coppice.conf"));
    Random random = new Random(20260804);
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] content = broken(sound, random);
      Files.write(file, content);
      read += settings(file, new String(content, StandardCharsets.UTF_8)).isPresent() ? 1 : 0;
    }
    assertThat(read).isBetween(INPUTS / 50, INPUTS / 2);
  }

  private static byte[] broken(List<String> sound, Random random) {
    List<String> lines = new ArrayList<>(sound);
    lines.removeIf(line -> line.isBlank() || line.startsWith("#") && !line.contains(" = "));
    for (int i = 0; i <= random.nextInt(3); i++) {
      int at = random.nextInt(lines.size());
      String key = lines.get(at).replaceFirst("^# ", "").split(" = ", 2)[0];
      switch (random.nextInt(6)) {
        case 0, 1, 2 -> lines.set(at, key + " = " + ODD.get(random.nextInt(ODD.size())));
        case 3 -> lines.add(at, LINES.get(random.nextInt(LINES.size())));
        case 4 -> lines.set(at, key + random.nextInt(3) + " = 1");
        default -> lines.add(lines.get(at).replaceFirst("^# ", ""));
      }
    }
    byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(8) == 0 ? 1 + random.nextInt(4) : 0; i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static Optional<PruneSettings> settings(Path file, String shown) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Optional<PruneSettings> settings = read(file, shown);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .as(() -> "bytes taken by " + shown)
        .isLessThan(MOST_BYTES);
    return settings;
  }

  private static Optional<PruneSettings> read(Path file, String shown) {
    PruneSettings.Options options = new PruneSettings.Options();
    CommandParser parser =
        new CommandParser(
            "test",
            List.of(options),
            name -> ConfigurationFile.read(name, new Configuration(false)));
    try {
      parser.parse(
          "prune",
          "--config",
          file.toString(),
          "--model",
          "m",
          "--calibration",
          "c",
          "--output",
          "o");
      return Optional.of(options.settings());
    } catch (UsageException e) {
      assertThat(Failure.of(e).message())
          .as(() -> shown)
          .hasSizeLessThan(LONGEST_SENTENCE)
          .doesNotContainPattern("\\p{Cntrl}");
      return Optional.empty();
    } catch (Throwable e) {
      throw new AssertionError("Neither settings nor a refusal: " + shown, e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include \"other.conf\"",
        "include file(\"other.conf\")",
        "include required(file(\"other.conf\"))",
        "include url(\"file:other.conf\")",
        "include \"file:other.conf\"",
        "include classpath(\"reference.conf\")"
      })
  void nothingElseIsIncluded(String line) throws IOException {
    Files.writeString(folder.resolve("other.conf"), "epochs = 3");
    String absolute = line.replace("other.conf", folder.resolve("other.conf").toString());
    Path file = Files.writeString(folder.resolve("prune.conf"), absolute);

    assertThatThrownBy(() -> ConfigurationFile.read(file.toString(), new Configuration(false)))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("The configuration file " + file + " includes '")
        .hasMessageEndingWith("; write all keys into one file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"model = ${HOME}", "model = ${?HOME}", "samples = 1\nepochs = ${samples}"})
  void nothingIsSubstituted(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("prune.conf"), content);

    assertThatThrownBy(() -> ConfigurationFile.read(file.toString(), new Configuration(false)))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "The configuration file %s has a substitution, ${...}; write the value itself", file);
  }

  @Test
  void filesThatAreNoConfigurationAreNotReadToTheirEnd() throws IOException {
    Path file = Files.writeString(folder.resolve("prune.conf"), "#".repeat((1 << 18) + 1));

    assertThatThrownBy(() -> ConfigurationFile.read(file.toString(), new Configuration(false)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("longer than 256 KiB");
  }
}
