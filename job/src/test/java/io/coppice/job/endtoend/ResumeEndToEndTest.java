package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same command continues a run that did not finish. */
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
   * A run that finds some blocks finished gives the same record and the same bytes.
   *
   * @param lost blocks whose records are missing, in the sub-folder of the level
   * @param taken blocks that the run says it took over
   * @param trained a block that it says it trained
   * @param spared a block that it does not train
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
    String generated = "--self-generated 10 --language any ";
    Program.succeed(prune(schedule, level, generated + "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);
    String record = Folders.record(output);
    Path kept = Folders.finished(work);
    Path parent = level.equals("auto") ? kept.resolve("blocks") : kept.resolve("blocks/" + level);
    for (String block : lost.split(" ")) {
      Files.delete(parent.resolve(block + ".json"));
    }
    Files.delete(kept.resolve("texts/windows-000001.json"));
    output.toFile().renameTo(folder.resolve("first").toFile());

    Program resumed = Program.succeed(prune(schedule, level, generated));

    assertThat(resumed.err())
        .contains("taken over: 1 of 2 groups of texts", "taken over: " + taken, trained)
        .doesNotContain(spared);
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
    assertThat(Folders.record(output)).isEqualTo(record);
    assertThat(work).doesNotExist();
  }

  @Test
  void aRunWithOtherOptionsIsRefused() {
    Program.succeed(prune("waves", "gp", "--keep-work"));

    assertRefused("--seed 1 --refit 3")
        .contains(work.toString(), "seed: 1, not 0", "refit: 3, not 0", "--restart")
        .doesNotContain("learning-rate", "overwrite", "keep-work", "files of");
  }

  @Test
  void aRunOnChangedFilesIsRefused() throws IOException {
    Program.succeed(prune("waves", "gp", "--keep-work"));

    Files.setLastModifiedTime(
        Path.of(small.text()), FileTime.from(Instant.parse("2024-01-01T00:00:00Z")));
    Files.setLastModifiedTime(
        Path.of(small.model(), "model.safetensors"),
        FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));

    assertRefused("")
        .contains("files of the text: 1 files of", "changed at 2024-01-01", "files of the model");
  }

  /** Nothing is changed by a run that is refused; gives its sentence. */
  private AbstractStringAssert<?> assertRefused(String more) {
    Map<String, String> kept = Folders.contents(work);
    Map<String, String> made = Folders.contents(output);

    Program refused = Program.run(prune("waves", "gp", "--overwrite " + more));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(Folders.contents(work)).isEqualTo(kept);
    assertThat(Folders.contents(output)).isEqualTo(made);
    return assertThat(refused.sentence());
  }

  @Test
  void aRestartTakesNothingOver() {
    Program.succeed(prune("waves", "gp", "--keep-work"));

    Program anew = Program.succeed(prune("waves", "gp", "--seed 1 --overwrite --restart"));

    assertThat(anew.err()).doesNotContain("taken over");
    assertThat(work).doesNotExist();
  }

  @Test
  void optionsThatDoNotDecideTheBytesMayDiffer() {
    Program.succeed(prune("waves", "gp", "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);

    Program resumed =
        Program.on(
                "local[3]",
                prune("waves", "gp", "--overwrite --activations files --require-native"))
            .succeeded();

    assertThat(resumed.err())
        .contains("taken over: 2 of 2 blocks of wave 1", "taken over: 2 of 2 blocks of wave 2")
        .doesNotContain("block 0", "block 1");
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
  }

  @Test
  void aBlockThatIsNotWholeIsTrainedAgain() throws IOException {
    Program.succeed(prune("waves", "gp", "--keep-work"));
    Map<String, String> expected = Folders.checkpoint(output);
    Path blocks = Folders.finished(work).resolve("blocks/gp/wave-2");
    assertThat(blocks.resolve("block-0000.safetensors").toFile().length()).isGreaterThan(1000);
    Files.writeString(blocks.resolve("block-0000.safetensors"), "cut");
    Files.writeString(blocks.resolve("block-0001.json"), "{\"block\":1,\"wa");

    Program resumed = Program.succeed(prune("waves", "gp", "--overwrite"));

    assertThat(resumed.err())
        .contains("taken over: 2 of 2 blocks of wave 1", "wave 2, block 0", "wave 2, block 1");
    assertThat(Folders.checkpoint(output)).isEqualTo(expected);
  }

  private String[] prune(String schedule, String level, String more) {
    return small.prune(
        output,
        "--work-dir %s --epochs 2 --reconstruct %s ".formatted(work, level)
            + SmallRun.schedule(schedule)
            + more);
  }
}
