package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo unpacks a model and texts, and replaces nothing of anybody's by them. */
class DemoFolderEndToEndTest {
  @TempDir private Path folder;

  @Test
  void aModelOfTheSameNameIsNoDemo() throws Exception {
    SmallModel.write(folder.resolve("dense"));
    byte[] config = Files.readAllBytes(folder.resolve("dense/config.json"));

    assertThat(refused("")).contains("exists already", "--overwrite");
    assertThat(refused("--overwrite"))
        .contains("holds no calibration.jsonl.gz, so it is no demo that --overwrite may replace");
    assertThat(folder.resolve("dense/config.json")).hasBinaryContent(config);
    assertThat(folder).isDirectoryNotContaining("glob:**.gz");
  }

  @Test
  void aTextIsReplacedOnlyIfAsked() {
    SmallModel.write(folder.resolve("calibration.jsonl.gz"), "somebody's");

    assertThat(refused("")).contains("exists already", "--overwrite");
    assertThat(folder.resolve("calibration.jsonl.gz")).hasContent("somebody's");
  }

  private String refused(String options) {
    Program program = Program.run(Program.words("demo --output " + folder + " " + options));
    assertThat(program.exitCode()).isEqualTo(2);
    return program.sentence();
  }
}
