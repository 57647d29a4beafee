package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Broken {@code tokenizer.json}, {@code vocab.json}, {@code merges.txt}, {@code tokenizer.model}
 * and the files beside them: refused in a sentence, or read as a tokenizer that gives tokens of the
 * model. Runs in a process of its own with little memory, because native code reads them.
 */
class HostileTokenizerTest {
  private static final int INPUTS = 2000;
  private static final int MORE_INPUTS = 20_000;
  private static final long SEED = 11;

  @TempDir private Path folder;

  @Test
  void brokenTokenizersAreRefusedOrUsable() throws Exception {
    tryAll(0, INPUTS);
  }

  @Test
  @Tag("parity")
  void moreBrokenTokenizersAreRefusedOrUsable() throws Exception {
    tryAll(INPUTS, INPUTS + MORE_INPUTS);
  }

  private void tryAll(int first, int end) throws IOException, InterruptedException {
    File said = folder.resolve("said").toFile();
    Process trial =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                TokenizerTrial.class.getName(),
                folder.toString(),
                String.valueOf(SEED),
                String.valueOf(first),
                String.valueOf(end))
            .redirectErrorStream(true)
            .redirectOutput(said)
            .start();
    try {
      assertThat(trial.waitFor(10, TimeUnit.MINUTES)).as("no hang: %s", current()).isTrue();
      assertThat(trial.exitValue())
          .as(() -> "exit code: " + current() + "\n" + text(said.toPath()))
          .isZero();
      // Otherwise no broken file would get far enough to be used.
      String[] lines = text(said.toPath()).split("\n", -1);
      assertThat(Integer.parseInt(lines[lines.length - 2])).isGreaterThan((end - first) / 50);
    } finally {
      trial.destroyForcibly();
    }
  }

  private String current() {
    return "input " + text(folder.resolve(TokenizerTrial.CURRENT));
  }

  private static String text(Path file) {
    try {
      String text = Files.readString(file);
      return text.substring(0, Math.min(text.length(), 5000));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
