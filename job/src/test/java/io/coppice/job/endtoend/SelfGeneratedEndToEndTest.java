package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows that the dense model writes take part in reconstruction alone. */
class SelfGeneratedEndToEndTest {
  private static final String WRITTEN = "--self-generated 11 --language any";

  @TempDir private static Path folder;
  private static SmallRun small;

  @BeforeAll
  static void pruneWithAndWithout() {
    small = SmallRun.write(folder);
    prune("with", "local[2]", WRITTEN).succeeded();
    prune("without", "local[2]", "").succeeded();
  }

  @Test
  void theRecordSaysHowMuchWasWritten() {
    JsonNode written = record("with").path("self_generated");

    assertThat(written.path("windows").intValue()).isEqualTo(11);
    assertThat(written.path("documents").intValue()).isGreaterThanOrEqualTo(11);
    assertThat(written.path("rejected_share").isNumber()).isTrue();
  }

  @Test
  void theRecordOfARunWithoutThemHasNone() {
    assertThat(record("without").has("self_generated")).isFalse();
  }

  @Test
  void theyAreAmongTheWindowsOfTheRun() {
    assertThat(record("with").required("windows_sha256"))
        .isNotEqualTo(record("without").required("windows_sha256"));
  }

  @Test
  void theyAreTrainedOn() {
    assertThat(Folders.withoutCard(Folders.checkpoint(folder.resolve("with"))))
        .isNotEqualTo(Folders.withoutCard(Folders.checkpoint(folder.resolve("without"))));
  }

  @Test
  void theBytesDoNotDependOnTheNumberOfTasks() {
    prune("three", "local[3]", WRITTEN).succeeded();

    assertThat(Folders.checkpoint(folder.resolve("three")))
        .isEqualTo(Folders.checkpoint(folder.resolve("with")));
  }

  @Test
  void thoseOfTheHighestPerplexityAreDropped() {
    String dropping = "--self-generated 6 --drop-perplexity 0.5 --language any";
    prune("dropped", "local[2]", dropping).succeeded();
    prune("all", "local[2]", "--self-generated 6 --language any").succeeded();
    prune("dropped-again", "local[3]", dropping).succeeded();

    JsonNode written = record("dropped").path("self_generated");
    assertThat(written.path("windows").intValue()).isEqualTo(6);
    assertThat(written.path("dropped_windows").intValue()).isEqualTo(6);
    assertThat(record("all").path("self_generated").path("dropped_windows").intValue()).isZero();
    assertThat(record("dropped").required("windows_sha256"))
        .isNotEqualTo(record("all").required("windows_sha256"));
    assertThat(Folders.checkpoint(folder.resolve("dropped-again")))
        .isEqualTo(Folders.checkpoint(folder.resolve("dropped")));
  }

  @Test
  void aModelThatWritesAnotherLanguageIsToldAndNothingIsLeft() {
    Program program = prune("none", "local[2]", "--self-generated 4 --language de");

    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(program.sentence()).contains("300 openings", "--language", "any");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void aLanguageThatDoesNotExistIsRefused() {
    Program program = prune("none", "local[2]", "--self-generated 4 --language klingon");

    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(program.sentence()).contains("--language klingon", "ISO 639");
  }

  private static JsonNode record(String name) {
    return Measured.run(folder.resolve(name));
  }

  private static Program prune(String name, String master, String more) {
    return Program.on(master, small.prune(folder.resolve(name), "--epochs 2 --waves 1 " + more));
  }
}
