package io.coppice.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.natives.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerLibraryTest {
  @TempDir private Path folder;

  /** Runs in a process of its own, because a library is loaded only once. */
  @Test
  void itLoadsWithoutLookingForGpusAndLeavesNothing() throws Exception {
    List<String> lines =
        JavaProcess.output(List.of("-Djava.io.tmpdir=" + folder, "-Xlog:class+load"), Loading.class)
            .lines()
            .toList();

    assertThat(lines)
        .anyMatch(line -> line.contains("ai.djl.huggingface.tokenizers.jni.TokenizersLibrary"))
        .noneMatch(line -> line.contains("ai.djl.util."));
    try (var left = Files.walk(folder)) {
      assertThat(left.filter(path -> path.getFileName().toString().contains("tokenizers")))
          .isEmpty();
    }
  }

  /** Loads the library and calls it. */
  static final class Loading {
    private Loading() {}

    public static void main(String[] arguments) {
      var library = TokenizerLibrary.load();
      library.deleteTokenizer(
          library.createTokenizerFromString(
              "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],"
                  + "\"normalizer\":null,\"pre_tokenizer\":null,\"post_processor\":null,"
                  + "\"decoder\":null,\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},"
                  + "\"merges\":[]}}"));
    }
  }
}
