package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows that the dense model writes take part in reconstruction alone. */
class SelfGeneratedEndToEndTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);
  }

  @Test
  void theyAreTrainedOnAndTheRunSaysSo() {
    prune("with", "local[2]", "--self-generated 11 --language any");
    prune("without", "local[2]", "");

    JsonNode written = record("with").path("self_generated");
    assertThat(written.path("windows").intValue()).isEqualTo(11);
    assertThat(written.path("documents").intValue()).isGreaterThanOrEqualTo(11);
    assertThat(written.path("rejected_share").isNumber()).isTrue();
    assertThat(record("without").has("self_generated")).isFalse();
    assertThat(record("with").path("windows_sha256"))
        .isNotEqualTo(record("without").path("windows_sha256"));
    assertThat(Folders.checkpoint(folder.resolve("with")))
        .isNotEqualTo(Folders.checkpoint(folder.resolve("without")));
  }

  @Test
  void theBytesDoNotDependOnTheNumberOfTasks() {
    prune("one", "local[1]", "--self-generated 19 --language any");
    prune("three", "local[3]", "--self-generated 19 --language any");

    assertThat(Folders.checkpoint(folder.resolve("three")))
        .isEqualTo(Folders.checkpoint(folder.resolve("one")));
  }

  @Test
  void aModelThatWritesAnotherLanguageIsToldAndNothingIsLeft() {
    Program program = run("output", "local[2]", "--self-generated 4 --language de");

    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(program.sentence()).contains("300 openings", "--language", "any");
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void aLanguageThatIsNoneIsTold() {
    Program program = run("output", "local[2]", "--self-generated 4 --language klingon");

    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(program.sentence()).contains("--language klingon", "ISO 639");
  }

  private JsonNode record(String name) {
    return Measured.run(folder.resolve(name));
  }

  private void prune(String name, String master, String more) {
    run(name, master, more).succeeded();
  }

  private Program run(String name, String master, String more) {
    return Program.on(
        master,
        Program.words(
            "prune --model %s --calibration %s".formatted(model, text),
            "--output " + folder.resolve(name),
            "--samples 8 --sequence-length 32 --epochs 2 --waves 1 --learning-rate 1e-3",
            more));
  }
}
