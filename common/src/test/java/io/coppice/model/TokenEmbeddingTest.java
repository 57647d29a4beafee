package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenEmbeddingTest {
  private static final int HIDDEN = 4;

  @ParameterizedTest
  @CsvSource({"1, 1", "4096, 1", "4097, 2", "9001, 3"})
  void everyTokenGetsItsRowAndTheTableIsReadOnce(int vocabulary, int chunks) {
    List<Long> reads = new ArrayList<>();
    WeightRows table =
        (firstRow, destination) -> {
          reads.add(firstRow);
          assertThat(firstRow + destination.rows()).isLessThanOrEqualTo(vocabulary);
          for (int i = 0; i < destination.rows(); i++) {
            for (int j = 0; j < HIDDEN; j++) {
              destination.set(i, j, value((int) firstRow + i, j));
            }
          }
        };
    int[] ids = {vocabulary - 1, 0, vocabulary / 2, 0, Math.min(4096, vocabulary - 1)};
    try (Arena arena = Arena.unbounded("test")) {
      Tensor output = arena.tensor(ids.length, HIDDEN);

      TokenEmbedding.embed(SmallModels.llama(1, HIDDEN, vocabulary), table, ids, output);

      for (int i = 0; i < ids.length; i++) {
        for (int j = 0; j < HIDDEN; j++) {
          assertThat(output.get(i, j)).isEqualTo(value(ids[i], j));
        }
      }
    }
    assertThat(reads).hasSize(chunks).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void outputMustHaveARowPerToken() {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor output = arena.tensor(2, HIDDEN);
      assertThat(
              catchThrowable(
                  () ->
                      TokenEmbedding.embed(
                          SmallModels.llama(1, HIDDEN, 3), (row, rows) -> {}, new int[3], output)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static float value(int row, int column) {
    return row + 0.25f * column;
  }
}
