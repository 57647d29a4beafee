package io.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WritablePlaceTest {
  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"new", "a/b/c", "a:b/c:d", "100% [x]*", "there/new"})
  void noFileRemains(String name) throws IOException {
    Files.createDirectory(folder.resolve("there"));

    assertThatCode(() -> require(name)).doesNotThrowAnyException();

    assertThat(folder).isDirectoryContaining("glob:**there").isDirectoryNotContaining("glob:**a*");
    assertThat(folder.resolve("there")).isEmptyDirectory();
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aPathInsideAFileIsRefused() throws IOException {
    Files.writeString(folder.resolve("file"), "words");

    assertThatThrownBy(() -> require("file/a/b"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("/file is a file, not a folder");
  }

  @Test
  void aNameMayBeTooLong() {
    assertThatThrownBy(() -> require("x".repeat(250)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("(File name too long)")
        .hasMessageContaining("choose another place");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theRootIsNoPlace() {
    assertThatThrownBy(() -> WritablePlace.require("output", Storage.path("/"), hadoop))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is the root of a file system");
  }

  /** A place where even root may not write. */
  @Test
  void aFolderMayNotBeWritable() {
    assertThatThrownBy(
            () -> WritablePlace.require("output", Storage.path("/proc/coppice/x"), hadoop))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Cannot write the output file:/proc/coppice/x (");
  }

  private void require(String name) {
    WritablePlace.require("output", Storage.path(folder + "/" + name), hadoop);
  }
}
