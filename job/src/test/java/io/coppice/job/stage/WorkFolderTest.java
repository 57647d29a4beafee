package io.coppice.job.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
  private static final String MARK = ".coppice-work";

  @TempDir private Path folder;

  @Test
  void isMadeMarkedAndDeleted() throws IOException {
    Path work = folder.resolve("a/work");
    try (WorkFolder made = create("a/work", "out", false)) {
      assertThat(work.resolve(MARK)).exists();
      Files.createDirectories(Path.of(URI.create(made.path("blocks"))));
      assertThat(work.resolve("blocks")).isDirectory();
    }
    assertThat(work).doesNotExist();
  }

  @Test
  void staysWhenItIsToBeKept() {
    create("work", "out", true).close();
    assertThat(folder.resolve("work").resolve(MARK)).exists();
  }

  @Test
  void whatAnEarlierRunLeftIsDeleted() throws IOException {
    create("work", "out", true).close();
    Files.writeString(folder.resolve("work/stale"), "");
    try (WorkFolder work = create("work", "out", false)) {
      assertThat(work).isNotNull();
      assertThat(folder.resolve("work/stale")).doesNotExist();
    }
  }

  @Test
  void whatATaskWroteAfterTheEndIsDeletedToo() throws IOException {
    Path late = folder.resolve(".out.coppice-work/blocks/late");
    Files.createDirectories(late);
    try (WorkFolder work = create(".out.coppice-work", "out", false)) {
      assertThat(work).isNotNull();
      assertThat(late).doesNotExist();
    }
  }

  @Test
  void whatIsNotOursIsNeverDeleted() throws IOException {
    Path thesis = folder.resolve("mine/thesis.txt");
    Files.createDirectory(thesis.getParent());
    Files.writeString(thesis, "words");
    Files.createDirectory(folder.resolve("empty"));
    Files.writeString(folder.resolve("file"), "words");

    for (String taken : new String[] {"mine", "empty", "file"}) {
      assertThatThrownBy(() -> create(taken, "out", false))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(folder.resolve(taken).toString())
          .hasMessageContaining("--work-dir");
    }
    assertThat(thesis).hasContent("words");
    assertThat(folder.resolve("empty")).isDirectory();
    assertThat(folder.resolve("file")).hasContent("words");
  }

  @Test
  void outputAndWorkMayNotLieInEachOther() {
    create("work", "out", true).close();
    for (String[] names :
        new String[][] {{"work", "work/out"}, {"work", "work"}, {"out/work", "out"}}) {
      assertThatThrownBy(() -> create(names[0], names[1], false))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--work-dir");
    }
    assertThat(folder.resolve("work").resolve(MARK)).exists();
    create("work", "working", false).close();
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void aPlaceThatCannotBeIsTold() throws IOException {
    Files.writeString(folder.resolve("file"), "words");
    assertThatThrownBy(() -> create("file/work", "out", false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("work folder");
  }

  private WorkFolder create(String work, String output, boolean keep) {
    return WorkFolder.create(
        new OutputSettings(
            folder.resolve(output).toString(), folder.resolve(work).toString(), false, keep),
        new Configuration());
  }
}
