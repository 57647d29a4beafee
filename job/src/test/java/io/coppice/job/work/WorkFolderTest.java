package io.coppice.job.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.cli.OutputSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.progress.SilentProgress;
import io.coppice.storage.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
  private static final String MARK = ".coppice-work";
  private static final String SNAPSHOT =
      "blocks/gp/wave-1/unfinished/blocks-0000-0000.snapshot.safetensors";
  private static final String BLOCK = "blocks/gp/wave-1/block-0000.json";

  @TempDir private Path folder;

  @Test
  void isMadeMarkedAndDeletedWhenTheRunIsThrough() throws IOException {
    Path work = folder.resolve("a/work");
    try (WorkFolder made = open("a/work", 1)) {
      assertThat(work.resolve(MARK)).exists();
      write(made, BLOCK);
      made.requireHeld();
      made.done();
    }
    assertThat(work).doesNotExist();
  }

  @Test
  void staysWhenItIsToBeKept() throws IOException {
    Path block;
    try (WorkFolder work = open(settings("work", "out", true, false), 1)) {
      block = write(work, BLOCK);
      work.done();
    }
    assertThat(block).exists();
    assertThat(folder.resolve("work").resolve(Claim.NAME)).doesNotExist();
  }

  @Test
  void whatAFailedRunFinishedIsTakenOver() throws IOException {
    Path block = fail("work", 1, BLOCK);
    Path content = fail("work", 1, "activations/dense/boundary-0000/windows-000000.safetensors");
    Path unfinished = fail("work", 1, "blocks/gp/wave-1/.coppice-block-0001.json-1-2-3.tmp");
    Path snapshot = fail("work", 1, SNAPSHOT);

    try (WorkFolder work = open("work", 1)) {
      assertThat(block).hasContent("words");
      assertThat(snapshot).hasContent("words");
      assertThat(content).doesNotExist();
      assertThat(unfinished).doesNotExist();
      write(work, "texts/one.json");
      write(work, "texts/.two.json");
      assertThat(work.finished(WorkFolder.TEXTS)).containsExactly("one.json");
    }
  }

  @Test
  void aFailedRunThatFinishedNothingLeavesNothing() throws IOException {
    fail("work", 1, "activations/dense/boundary-0000/windows-000000.safetensors");
    fail("work", 1, "blocks/gp/wave-1/.coppice-block-0001.json-1-2-3.tmp");
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void whatAnotherRunFinishedIsNotUsed() throws IOException {
    Path block = fail("work", 1, BLOCK);

    assertThatThrownBy(() -> open("work", 2))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(folder.resolve("work").toString())
        .hasMessageContaining("seed: 2, not 1")
        .hasMessageContaining("--restart");
    assertThat(block).exists();

    try (WorkFolder anew = open(settings("work", "out", false, true), 2)) {
      assertThat(block).doesNotExist();
      // Where a task of the first run may still write, this one does not look.
      write(anew, BLOCK);
      assertThat(block).doesNotExist();
    }
  }

  @Test
  void whatAnotherRunLeftUnfinishedIsDeleted() throws IOException {
    Path snapshot = fail("work", 1, SNAPSHOT);

    try (WorkFolder work = open("work", 2)) {
      assertThat(snapshot).doesNotExist();
      write(work, BLOCK);
    }
    assertThatThrownBy(() -> open("work", 1)).hasMessageContaining("seed: 1, not 2");
  }

  @Test
  void aSecondRunIsRefusedAndTheFirstOneUndisturbed() throws IOException {
    try (WorkFolder first = open("work", 1)) {
      Path block = write(first, BLOCK);
      for (boolean restart : new boolean[] {false, true}) {
        assertThatThrownBy(() -> open(settings("work", "out", false, restart), 1))
            .isInstanceOf(UsageException.class)
            .hasMessageContaining("Another run")
            .hasMessageContaining(folder.resolve("work").toString());
      }
      first.requireHeld();
      assertThat(block).exists();
    }
  }

  @Test
  void aSecondRunWithAnotherFolderIsRefusedTheSameOutput() throws IOException {
    try (WorkFolder first = open("work", 1)) {
      assertThatThrownBy(() -> open("other/work", 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("Another run")
          .hasMessageContaining(folder.resolve("out").toString());
      assertThat(folder.resolve("other/work")).doesNotExist();
      first.requireHeld();
    }
    open("other/work", 1).close();
    assertThat(folder.resolve(".out.coppice-claim")).doesNotExist();
  }

  @Test
  void aRunThatLostTheOutputAloneKeepsNoFolder() throws IOException {
    boolean[] closed = {false};
    WorkFolder first = open("work", 1);
    first.whenClosed(() -> closed[0] = true);
    org.apache.hadoop.fs.Path claim =
        Claim.beside(new org.apache.hadoop.fs.Path(folder.resolve("out").toUri()));
    Claimant other = new Claimant("other", "elsewhere", "", 7, 1, 0);
    JsonFile.write(claim, other, new Configuration());

    assertThatThrownBy(first::requireHeld).hasMessageContaining("another one took over");
    first.close();

    assertThat(closed[0]).as("the other run's staged files are left alone").isFalse();
    assertThat(folder.resolve("work")).doesNotExist();
    assertThat(JsonFile.read(claim, Claimant.class, new Configuration())).contains(other);
  }

  @Test
  void anOutputThatCannotBeIsBlamedItself() throws IOException {
    Files.writeString(folder.resolve("file"), "words");
    assertThatThrownBy(() -> open(settings("work", "file/out", false, false), 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("output file:" + folder.resolve("file/out"))
        .hasMessageContaining("is a file, not a folder");
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void aRunThatLostTheFolderLeavesIt() throws IOException {
    WorkFolder first = open("work", 1);
    Path block = write(first, BLOCK);
    JsonFile.write(
        new org.apache.hadoop.fs.Path(folder.resolve("work").resolve(Claim.NAME).toUri()),
        new Claimant("other", "elsewhere", "", 7, 1, 0),
        new Configuration());

    assertThatThrownBy(first::requireHeld).hasMessageContaining("another one took over");
    first.done();
    first.close();
    assertThat(block).exists();
  }

  @Test
  void aMarkThatCannotBeReadIsOfAnotherRun() throws IOException {
    fail("work", 1, BLOCK);
    Files.writeString(folder.resolve("work").resolve(MARK), "");

    assertThatThrownBy(() -> open("work", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("settings that cannot be read");
  }

  @Test
  void whatATaskWroteAfterTheEndIsDeletedToo() throws IOException {
    write(".out.coppice-work/run-0123abcd/blocks/late");
    open(".out.coppice-work", 1).close();
    assertThat(folder.resolve(".out.coppice-work")).doesNotExist();
  }

  @Test
  void whatIsNotOursIsNeverDeleted() throws IOException {
    write("mine/thesis.txt");
    write(".out.coppice-work/thesis.txt");
    Files.createDirectory(folder.resolve("empty"));
    Files.writeString(folder.resolve("file"), "words");

    for (String taken : new String[] {"mine", "empty", "file", ".out.coppice-work"}) {
      assertThatThrownBy(() -> open(settings(taken, "out", false, true), 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(folder.resolve(taken).toString())
          .hasMessageContaining("--work-dir");
    }
    assertThat(folder.resolve("mine/thesis.txt")).hasContent("words");
    assertThat(folder.resolve(".out.coppice-work/thesis.txt")).hasContent("words");
    assertThat(folder.resolve("empty")).isDirectory();
    assertThat(folder.resolve("file")).hasContent("words");
  }

  @Test
  void outputAndWorkMayNotLieInEachOther() throws IOException {
    Path block = fail("work", 1, BLOCK);
    for (String[] names :
        new String[][] {{"work", "work/out"}, {"work", "work"}, {"out/work", "out"}}) {
      assertThatThrownBy(() -> open(settings(names[0], names[1], false, true), 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--work-dir");
    }
    assertThat(block).exists();
    open(settings("work", "working", false, false), 1).close();
  }

  @Test
  void aPlaceThatCannotBeIsTold() throws IOException {
    Files.writeString(folder.resolve("file"), "words");
    assertThatThrownBy(() -> open("file/work", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("work folder");
  }

  /** Leaves what a run leaves that wrote a file and failed. */
  private Path fail(String work, int seed, String file) throws IOException {
    try (WorkFolder opened = open(work, seed)) {
      return write(opened, file);
    }
  }

  private static Path write(WorkFolder work, String file) throws IOException {
    return write(Path.of(work.path().toUri()).resolve(file));
  }

  private Path write(String file) throws IOException {
    return write(folder.resolve(file));
  }

  private static Path write(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    return Files.writeString(path, "words");
  }

  private WorkFolder open(String work, int seed) {
    return open(settings(work, "out", false, false), seed);
  }

  private static WorkFolder open(OutputSettings output, int seed) {
    return WorkFolder.open(
        output,
        new ResolvedConfiguration(Map.of("seed", seed)),
        new Configuration(),
        new SilentProgress());
  }

  private OutputSettings settings(String work, String output, boolean keep, boolean restart) {
    Set<OutputSettings.Choice> choices = EnumSet.noneOf(OutputSettings.Choice.class);
    if (keep) {
      choices.add(OutputSettings.Choice.KEEP_WORK);
    }
    if (restart) {
      choices.add(OutputSettings.Choice.RESTART);
    }
    return new OutputSettings(
        folder.resolve(output).toString(), folder.resolve(work).toString(), choices);
  }
}
