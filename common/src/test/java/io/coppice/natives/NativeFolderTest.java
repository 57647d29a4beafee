package io.coppice.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.NativeLibraryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFolderTest {
  @TempDir private Path folder;

  @Test
  void codeRunsWhereFilesCanBeMade() {
    assertThat(NativeFolder.runsCode(folder)).isTrue();
    assertThat(folder).isEmptyDirectory();
    assertThat(NativeFolder.runsCode(folder.resolve("missing"))).isFalse();
    assertThat(NativeFolder.runsCode(Path.of("/proc"))).isFalse();
  }

  @Test
  void theFolderIsTheUsersOwn() throws IOException {
    Path own = NativeFolder.unpackFolder(folder);
    assertThat(own).hasParent(folder);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
        .isEqualTo("rwx------");
    assertThat(NativeFolder.unpackFolder(folder)).isEqualTo(own);

    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThat(NativeFolder.unpackFolder(folder)).isNotEqualTo(own).hasParent(folder);
  }

  @Test
  void withoutAFolderThereIsASentence() {
    assertThatThrownBy(() -> NativeFolder.unpackFolder(folder.resolve("missing")))
        .isInstanceOf(NativeLibraryException.class)
        .hasMessageContaining("missing; a library is unpacked")
        .hasMessageContaining("-Djava.io.tmpdir=FOLDER");
  }
}
