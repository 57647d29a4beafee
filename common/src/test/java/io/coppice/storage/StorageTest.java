package io.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StorageTest {
  private static final String NAME = "c4_2024-01-05T10:00:00.jsonl";

  private final Configuration hadoop = new Configuration();

  @TempDir private java.nio.file.Path folder;

  @ParameterizedTest
  @ValueSource(strings = {NAME, "a:b", ":", "a b", "100%", "a%20b", "#1", "é", "[x]{y,z}*", "~"})
  void namesMayHoldAnyCharacters(String name) throws IOException {
    Files.writeString(folder.resolve(name), "text");
    Path absolute = Storage.path(folder + "/" + name);
    FileSystem system = Storage.of(absolute, hadoop);
    assertThat(system.getFileStatus(absolute).getLen()).isEqualTo(4);
    List<FileStatus> listed = Storage.list(system, new Path(folder.toString()));
    assertThat(listed).extracting(file -> file.getPath().getName()).containsExactly(name);
    Path child = Storage.child(new Path(folder.toString()), name);
    assertThat(system.makeQualified(child)).isEqualTo(listed.get(0).getPath());
    assertThat(system.getFileStatus(child).isFile()).isTrue();
    assertThat(Storage.readSmall(system, child, 4)).asString().isEqualTo("text");
  }

  @Test
  void aRelativeNameWithAColonIsInTheWorkingFolder() {
    Path path = Storage.path(NAME);
    FileSystem system = Storage.of(path, hadoop);
    assertThat(system.makeQualified(path).toUri().getPath())
        .isEqualTo(system.getWorkingDirectory().toUri().getPath() + "/" + NAME);
  }

  @Test
  void aSchemeStaysAScheme() {
    assertThat(Storage.path("hdfs://host:8020/a:b").toUri().getAuthority()).isEqualTo("host:8020");
    assertThat(Storage.path("file:/tmp/x").toUri().getScheme()).isEqualTo("file");
  }

  @Test
  void nothingIsNoPath() {
    Assertions.assertThatThrownBy(() -> Storage.path(""))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is not a path");
  }

  @Test
  void lostCharactersAreTold() {
    Assertions.assertThatThrownBy(() -> Storage.path("/data/mod\ufffdle"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cannot be read")
        .hasMessageContaining("LC_ALL=C.UTF-8");
  }

  /** A name in another encoding, as on a disk from another system. */
  @Test
  void aFileThatCannotBeNamedIsNotLeftOut() throws Exception {
    Process touch =
        new ProcessBuilder("sh", "-c", "touch \"$(printf 'caf\\351.jsonl')\"")
            .directory(folder.toFile())
            .start();
    assertThat(touch.waitFor()).isZero();
    Path path = new Path(folder.toString());
    FileSystem system = Storage.of(path, hadoop);
    Assertions.assertThatThrownBy(() -> Storage.list(system, path))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("LC_ALL=C.UTF-8")
        .hasMessageContaining(folder.toString());
  }
}
