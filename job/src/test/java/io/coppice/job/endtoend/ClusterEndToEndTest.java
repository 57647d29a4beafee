package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program through {@code deploy/coppice}, with executors of their own. */
@Tag("parity")
class ClusterEndToEndTest {
  private static final Path LAUNCHER = Path.of("../deploy/coppice").toAbsolutePath().normalize();

  @TempDir private Path folder;

  @Test
  void executorsInOtherProcessesGiveTheSameBytes() throws Exception {
    Path model = SharedData.stories();
    Path text = SharedData.calibrationText();
    Program.on("local[1]", prune("here", model, text)).succeeded();
    Map<String, String> expected = Folders.checkpoint(folder.resolve("here"));

    submit(0, "local-cluster[2,1,2048]", prune("there", model, text));
    submit(0, "local[2]", Program.with(prune("two", model, text), "--activations", "files"));

    assertThat(Folders.checkpoint(folder.resolve("there"))).isEqualTo(expected);
    assertThat(Folders.checkpoint(folder.resolve("two"))).isEqualTo(expected);
  }

  @Test
  void executorsInOtherProcessesWriteTheSameTexts() throws Exception {
    Path model = SharedData.stories();
    Program.on("local[1]", generate("here.jsonl", model)).succeeded();

    submit(0, "local-cluster[2,1,2048]", generate("there.jsonl", model));

    assertThat(folder.resolve("there.jsonl")).hasSameTextualContentAs(folder.resolve("here.jsonl"));
  }

  @Test
  void badDataOnAnExecutorIsToldByTheDriver() throws Exception {
    Path model = SmallModel.write(folder.resolve("model"));
    SmallModel.tokenizer(model, SmallModel.VOCABULARY + 1);
    Path text =
        SmallModel.write(
            folder.resolve("text.jsonl"),
            ("{\"text\":\"" + "w40 ".repeat(40) + "\"}\n").repeat(50));
    Map<String, String> before = Folders.contents(folder);

    String messages = submit(3, "local-cluster[2,1,2048]", prune("sparse", model, text));

    // The launcher itself says when it builds something; such lines end in dots.
    assertThat(
            messages.lines().filter(line -> line.startsWith("coppice: ") && !line.endsWith(" ...")))
        .singleElement()
        .asString()
        .contains("token 40", "vocabulary");
    assertThat(messages).doesNotContain("\tat ");
    Files.delete(folder.resolve("messages.txt"));
    Files.delete(folder.resolve("out.txt"));
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  private String[] generate(String output, Path model) {
    return new String[] {
      "generate",
      "--model",
      model.toString(),
      "--output",
      folder.resolve(output).toString(),
      "--samples",
      "20",
      "--max-length",
      "64",
      "--require-native"
    };
  }

  private String[] prune(String output, Path model, Path text) {
    return new String[] {
      "prune",
      "--model",
      model.toString(),
      "--calibration",
      text.toString(),
      "--output",
      folder.resolve(output).toString(),
      "--samples",
      "32",
      "--sequence-length",
      "32",
      "--epochs",
      "2",
      "--learning-rate",
      "1e-3",
      "--require-native"
    };
  }

  /** Runs the launcher, which must end with an exit code; gives what it said on standard error. */
  private String submit(int exitCode, String master, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(LAUNCHER.toString(), "--master", master, "--conf", "spark.ui.enabled=false"));
    command.add("--");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "SPARK_CONF_DIR"));
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    Path messages = folder.resolve("messages.txt");
    Process process =
        builder
            .redirectError(messages.toFile())
            .redirectOutput(folder.resolve("out.txt").toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    if (!ended) {
      process.destroy();
    }
    String said = Files.readString(messages);
    assertThat(ended).as(said).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(exitCode);
    return said;
  }
}
