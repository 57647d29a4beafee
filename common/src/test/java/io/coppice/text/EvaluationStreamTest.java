package io.coppice.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvaluationStreamTest {
  private static final TextEncoder CHARACTERS =
      text -> IntStream.concat(IntStream.of(1), text.chars()).toArray();

  private static int[][] windows(Join join, int sequenceLength, String... documents) {
    return EvaluationStream.of(List.of(documents), join, CHARACTERS, "t.txt")
        .windows(sequenceLength);
  }

  @Test
  void joinsDocumentsInTheirOrder() {
    assertThat(windows(Join.BOS, 6, "ab", "cd"))
        .isDeepEqualTo(new int[][] {{1, 'a', 'b', 1, 'c', 'd'}});
    assertThat(windows(Join.SPACE, 6, "ab", "cd"))
        .isDeepEqualTo(new int[][] {{1, 'a', 'b', ' ', 'c', 'd'}});
    assertThat(windows(Join.BLANK_LINE, 7, "ab", "cd"))
        .isDeepEqualTo(new int[][] {{1, 'a', 'b', '\n', '\n', 'c', 'd'}});
  }

  @Test
  void withoutSpecialTokensDocumentsHaveNoSeam() {
    TextEncoder bare = text -> text.chars().toArray();
    assertThat(seamless(Join.BOS, bare, "ab", "cd")).isTrue();
    assertThat(seamless(Join.BOS, bare, "ab")).isFalse();
    assertThat(seamless(Join.BOS, CHARACTERS, "ab", "cd")).isFalse();
    assertThat(seamless(Join.SPACE, bare, "ab", "cd")).isFalse();
  }

  private static boolean seamless(Join join, TextEncoder encoder, String... documents) {
    return EvaluationStream.of(List.of(documents), join, encoder, "t.txt").isSeamless();
  }

  @Test
  void emptyDocumentsKeepTheirPlaceAsInPublishedMeasurements() {
    assertThat(windows(Join.SPACE, 5, "a", "", "b"))
        .isDeepEqualTo(new int[][] {{1, 'a', ' ', ' ', 'b'}});
  }

  @Test
  void windowsDoNotOverlapAndTheTailIsDropped() {
    EvaluationStream stream =
        EvaluationStream.of(List.of("abcdefg"), Join.BLANK_LINE, CHARACTERS, "t.txt");
    assertThat(stream.length()).isEqualTo(8);
    assertThat(stream.windows(3)).isDeepEqualTo(new int[][] {{1, 'a', 'b'}, {'c', 'd', 'e'}});
    assertThat(stream.windows(8)).hasDimensions(1, 8);
  }

  @Test
  void lessThanOneWindowIsRefused() {
    assertThatThrownBy(() -> windows(Join.BOS, 9, "abcdefg"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(
            "t.txt has 8 tokens, fewer than one window of 9: give more text or lower"
                + " --sequence-length.");
    assertThatThrownBy(() -> windows(Join.BOS, 9, "", " "))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no text in t.txt");
    assertThatThrownBy(() -> windows(Join.BOS, 9)).isInstanceOf(InvalidDataException.class);
  }
}
