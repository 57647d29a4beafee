package io.coppice.text.convert;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractThrowableAssert;

/** A model's folder that holds only the tokenizer's files, and the result of reading it. */
record ModelFiles(Path folder) {

  ModelFiles with(String name, String content) {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  ModelFiles with(String name, byte[] content) {
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve(name), content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ModelFiles without(String name) {
    try {
      Files.delete(folder.resolve(name));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Tokenizer load() {
    return Tokenizer.load(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
  }

  int[] ids(String text) {
    try (Tokenizer tokenizer = load()) {
      return tokenizer.encode(text, true);
    }
  }

  /** The sentence with which it is refused, which names its folder. */
  AbstractThrowableAssert<?, ?> refused() {
    return assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(folder.toString())
        .satisfies(
            e ->
                org.assertj.core.api.Assertions.assertThat(e.getMessage())
                    .doesNotContainPattern("\\v|Exception|com\\.google"));
  }
}
