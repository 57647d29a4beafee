package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that did not come to its end is gone on with by the same command. */
class ResumeEndToEndTest {
  @TempDir private Path folder;
  private SmallRun small;
  private Path output;
  private Path work;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
    work = folder.resolve("work");
  }

  /**
   * The same record and the same bytes come of a run that finds some blocks finished.
   *
   * @param lost outcomes that are missing, in the sub-folder of the level
   * @param taken what the run says that it took over
   * @param trained what it says that it trained
   * @param spared what it does not train
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          waves      | gp   | wave-1/block-0001 wave-2/block-0000 wave-2/block-0001 | 1 of 2 blocks of wave 1 | wave 1, block 1 | wave 1, block 0
          waves      | cr   | wave-2/block-0001 | 2 of 2 blocks of wave 1 | wave 2, block 1 | wave 1, block
          sequential | gp   | wave-1/block-0001 | 1 of 2 blocks           | wave 1, block 1 | wave 1, block 0
          sequential | cr   | wave-2/block-0001 | 3 of 4 blocks in two rounds | wave 2, block 1 | block 0
          parallel   | auto | br/wave-1/block-0001 cr/wave-1/block-0000 cr/wave-1/block-0001 | 2 of 2 blocks of wave 1 at level gp | wave 1, block 1 | !
          """)
  void onlyUnfinishedBlocksAreTrained(
      String schedule, String level, String lost, String taken, String trained, String spared)
      throws IOException {
    String[] options = options(schedule, level, "--self-generated", "10", "--language", "any");
    Program.succeed(Program.with(options, "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);
    String record = Folders.record(output);
    Path kept = Folders.finished(work);
    Path parent = level.equals("auto") ? kept.resolve("blocks") : kept.resolve("blocks/" + level);
    for (String outcome : lost.split(" ")) {
      Files.delete(parent.resolve(outcome + ".json"));
    }
    Files.delete(kept.resolve("texts/windows-000001.json"));
    output.toFile().renameTo(folder.resolve("first").toFile());

    Program resumed = Program.succeed(options);

    assertThat(resumed.err())
        .contains("taken over: 1 of 2 groups of texts", "taken over: " + taken, trained)
        .doesNotContain(spared);
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
    assertThat(Folders.record(output)).isEqualTo(record);
    assertThat(work).doesNotExist();
  }

  @Test
  void anotherRunIsRefusedAndTheWorkIsKept() throws IOException {
    String[] options = options("waves", "gp");
    Program.succeed(Program.with(options, "--keep-work"));
    Map<String, String> kept = Folders.contents(work);
    Map<String, String> made = Folders.contents(output);

    Program refused = Program.run(Program.with(options, "--overwrite", "--seed", "1", "--refit=3"));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence())
        .contains(work.toString(), "seed: 1, not 0", "refit: 3, not 0")
        .contains("--restart")
        .doesNotContain("learning-rate", "overwrite", "keep-work", "files of");

    Files.setLastModifiedTime(
        Path.of(small.text()), FileTime.from(Instant.parse("2024-01-01T00:00:00Z")));
    Files.setLastModifiedTime(
        Path.of(small.model(), "model.safetensors"),
        FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    Program changed = Program.run(Program.with(options, "--overwrite"));
    assertThat(changed.exitCode()).isEqualTo(2);
    assertThat(changed.sentence())
        .contains("files of the text: 1 files of", "changed at 2024-01-01", "files of the model");
    assertThat(Folders.contents(work)).isEqualTo(kept);
    assertThat(Folders.contents(output)).isEqualTo(made);

    Program anew = Program.succeed(Program.with(options, "--overwrite", "--restart"));
    assertThat(anew.err()).doesNotContain("taken over");
    assertThat(work).doesNotExist();
  }

  @Test
  void whatDoesNotDecideTheBytesMayDiffer() throws IOException {
    Program.succeed(Program.with(options("waves", "gp"), "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);

    Program resumed =
        Program.on(
                "local[3]",
                Program.with(
                    options("waves", "gp"),
                    "--overwrite",
                    "--activations",
                    "files",
                    "--require-native"))
            .succeeded();

    assertThat(resumed.err())
        .contains("taken over: 2 of 2 blocks of wave 1", "taken over: 2 of 2 blocks of wave 2")
        .doesNotContain("block 0", "block 1");
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
  }

  @Test
  void aBlockThatIsNotWholeIsTrainedAgain() throws IOException {
    String[] options = options("waves", "gp");
    Program.succeed(Program.with(options, "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);
    Path blocks = Folders.finished(work).resolve("blocks/gp/wave-2");
    byte[] bytes = Files.readAllBytes(blocks.resolve("block-0000.safetensors"));
    Files.write(blocks.resolve("block-0000.safetensors"), List.of("cut"));
    Files.writeString(blocks.resolve("block-0001.json"), "{\"block\":1,\"wa");
    assertThat(bytes).hasSizeGreaterThan(1000);

    Program resumed = Program.succeed(Program.with(options, "--overwrite"));

    assertThat(resumed.err())
        .contains("taken over: 2 of 2 blocks of wave 1", "wave 2, block 0", "wave 2, block 1");
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
  }

  private String[] options(String schedule, String level, String... more) {
    String[] waves = schedule.equals("waves") ? new String[] {"--waves", "2"} : new String[0];
    String[] settings = {
      "--work-dir", work.toString(), "--epochs", "2", "--schedule", schedule, "--reconstruct", level
    };
    return small.prune(output.toString(), Program.with(Program.with(settings, waves), more));
  }
}
