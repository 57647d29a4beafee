package io.coppice.failure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0.0 s",
    "9.94, 9.9 s",
    "9.96, 10 s",
    "59.6, 1 min 0 s",
    "3599.6, 1 h 0 min",
    "7800, 2 h 10 min"
  })
  void durationsAreReadable(double seconds, String words) {
    assertThat(Words.duration(seconds)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"-1, 0.0 MiB", "524288, 0.5 MiB", "1073741824, 1.0 GiB", "3758096384, 3.5 GiB"})
  void sizesAreReadable(long bytes, String words) {
    assertThat(Words.size(bytes)).isEqualTo(words);
  }

  @Test
  void wordsForAShellAreQuotedWhereTheyMustBe() {
    assertThat(Words.shell("hdfs:///models/a-b_c.1")).isEqualTo("hdfs:///models/a-b_c.1");
    assertThat(Words.shell("*.q_proj.*=dense")).isEqualTo("'*.q_proj.*=dense'");
    assertThat(Words.shell("it's $HOME")).isEqualTo("'it'\\''s $HOME'");
    assertThat(Words.shell("")).isEqualTo("''");
  }
}
