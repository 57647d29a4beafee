package io.coppice.job.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import io.coppice.job.config.ResolvedConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
  private static final String MARK = ".coppice-work";
  private static final String BLOCK = "blocks/gp/wave-1/block-0000.json";

  @TempDir private Path folder;

  @Test
  void isMadeMarkedAndDeletedWhenTheRunIsThrough() throws IOException {
    Path work = folder.resolve("a/work");
    try (WorkFolder made = open("a/work", 1)) {
      assertThat(work.resolve(MARK)).exists();
      assertThat(made.path(WorkFolder.BLOCKS).toString()).endsWith("a/work/blocks");
      write("a/work/" + BLOCK);
      made.done();
    }
    assertThat(work).doesNotExist();
  }

  @Test
  void staysWhenItIsToBeKept() throws IOException {
    try (WorkFolder work = open(settings("work", "out", true, false), 1)) {
      write("work/" + BLOCK);
      work.done();
    }
    assertThat(folder.resolve("work").resolve(BLOCK)).exists();
  }

  @Test
  void whatAFailedRunFinishedIsTakenOver() throws IOException {
    fail("work", 1);
    write("work/activations/dense/boundary-0000/windows-000000.safetensors");
    write("work/blocks/gp/wave-1/.coppice-block-0001.safetensors-1-2-3.tmp");

    try (WorkFolder work = open("work", 1)) {
      assertThat(folder.resolve("work").resolve(BLOCK)).hasContent("words");
      assertThat(folder.resolve("work/activations")).doesNotExist();
      assertThat(folder.resolve("work/blocks/gp/wave-1")).isDirectoryNotContaining("glob:**.tmp");
      write("work/texts/one.json");
      write("work/texts/.two.json");
      assertThat(work.finished(WorkFolder.TEXTS)).containsExactly("one.json");
    }
  }

  @Test
  void aFailedRunThatFinishedNothingLeavesNothing() throws IOException {
    WorkFolder work = open("work", 1);
    write("work/activations/dense/boundary-0000/windows-000000.safetensors");
    write("work/blocks/gp/wave-1/.coppice-block-0001.safetensors-1-2-3.tmp");
    work.close();
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void whatAnotherRunFinishedIsNotUsed() throws IOException {
    fail("work", 1);

    assertThatThrownBy(() -> open("work", 2))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(folder.resolve("work").toString())
        .hasMessageContaining("seed: 2, not 1")
        .hasMessageContaining("--restart");
    assertThat(folder.resolve("work").resolve(BLOCK)).exists();

    open(settings("work", "out", false, true), 2).close();
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void whatAnotherRunLeftUnfinishedIsDeleted() throws IOException {
    open("work", 1);
    write("work/activations/stale");

    try (WorkFolder work = open("work", 2)) {
      assertThat(folder.resolve("work/activations")).doesNotExist();
      write("work/" + BLOCK);
    }
    open("work", 2).close();
    assertThatThrownBy(() -> open("work", 1)).hasMessageContaining("seed: 1, not 2");
  }

  @Test
  void aMarkThatCannotBeReadIsOfAnotherRun() throws IOException {
    fail("work", 1);
    Files.writeString(folder.resolve("work").resolve(MARK), "");

    assertThatThrownBy(() -> open("work", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("settings that cannot be read");
  }

  @Test
  void whatATaskWroteAfterTheEndIsDeletedToo() throws IOException {
    write(".out.coppice-work/blocks/late");
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
    fail("work", 1);
    for (String[] names :
        new String[][] {{"work", "work/out"}, {"work", "work"}, {"out/work", "out"}}) {
      assertThatThrownBy(() -> open(settings(names[0], names[1], false, true), 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--work-dir");
    }
    assertThat(folder.resolve("work").resolve(BLOCK)).exists();
    open(settings("work", "working", false, false), 1).close();
  }

  @Test
  void aPlaceThatCannotBeIsTold() throws IOException {
    Files.writeString(folder.resolve("file"), "words");
    assertThatThrownBy(() -> open("file/work", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("work folder");
  }

  /** Leaves what a run leaves that finished a block and failed. */
  private void fail(String work, int seed) throws IOException {
    try (WorkFolder opened = open(work, seed)) {
      write(work + "/" + BLOCK);
      assertThat(opened.path().toString()).endsWith(work);
    }
  }

  private void write(String file) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "words");
  }

  private WorkFolder open(String work, int seed) {
    return open(settings(work, "out", false, false), seed);
  }

  private static WorkFolder open(OutputSettings output, int seed) {
    return WorkFolder.open(
        output, new ResolvedConfiguration(Map.of("seed", seed)), new Configuration());
  }

  private OutputSettings settings(String work, String output, boolean keep, boolean restart) {
    return new OutputSettings(
        folder.resolve(output).toString(), folder.resolve(work).toString(), false, keep, restart);
  }
}
