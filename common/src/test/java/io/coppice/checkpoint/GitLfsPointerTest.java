package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitLfsPointerTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 17477929\n";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "version https://git-lfs.github.com/spec/v1, true",
    "'version ', true",
    "version, false",
    "'', false",
    "version 2 of the story begins here and goes on, false",
    "{\"version\": \"1.0\"}, false"
  })
  void isToldByItsBeginning(String head, boolean pointer) {
    assertThat(GitLfsPointer.is(head.getBytes(StandardCharsets.UTF_8))).isEqualTo(pointer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "model.safetensors.index.json", ModelOnDisk.FIRST})
  void anyFileOfAModelThatIsOneIsRefusedInTheSameWords(String file) {
    ModelOnDisk.text(ModelOnDisk.sharded(folder), file, POINTER);
    assertThatThrownBy(() -> Checkpoint.open(RawFile.hadoop(folder), new Configuration()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("/" + file + " is a Git LFS pointer instead of the file itself")
        .hasMessageContaining("'git lfs pull'");
  }
}
