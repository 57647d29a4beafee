package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
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

      embedding(vocabulary).embed(table, outer(arena), ids, ids.length, output);

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
                  () -> embedding(3).embed((row, rows) -> {}, outer(arena), new int[3], 3, output)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static TokenEmbedding embedding(int vocabulary) {
    return new TokenEmbedding(SmallModels.llama(1, HIDDEN, vocabulary), BlasProvider.blas());
  }

  private static BlockWeights outer(Arena arena) {
    return BlockWeights.allocate(SmallModels.llama(1, HIDDEN, 1).outerWeights(), arena);
  }

  private static float value(int row, int column) {
    return row + 0.25f * column;
  }
}
