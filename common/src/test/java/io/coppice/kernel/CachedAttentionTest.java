package io.coppice.kernel;

import static io.coppice.kernel.Close.assertClose;
import static io.coppice.kernel.Samples.tensor;
import static io.coppice.kernel.Samples.wide;
import static io.coppice.kernel.Samples.zero;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachedAttentionTest {
  private static final int SEQUENCES = 3;

  private final Arena arena = Arena.unbounded("test");
  private final Random random = new Random(17);

  @AfterEach
  void close() {
    arena.close();
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,8,1,0,9",
    "8,4,16,130,129,900",
    "4,1,24,40,17,18",
    "6,2,8,40,39,9",
    "2,2,5,9,4,1"
  })
  void isTheLastRowOfTheNaiveAttention(
      int heads, int keyValueHeads, int headSize, int capacity, int position, int window) {
    int length = position + 1;
    Naive.Heads shape = new Naive.Heads(1, length, heads, keyValueHeads, headSize, window);
    Tensor queries = tensor(SEQUENCES * length, shape.queryWidth(), 0, random, arena);
    Tensor keys = tensor(SEQUENCES * capacity, shape.keyWidth(), 0, random, arena);
    Tensor values = tensor(SEQUENCES * capacity, shape.keyWidth(), 0, random, arena);
    Tensor last = zero(SEQUENCES, shape.queryWidth(), 0, arena);
    Tensor output = zero(SEQUENCES, shape.queryWidth(), 0, arena);
    for (int sequence = 0; sequence < SEQUENCES; sequence++) {
      last.rows(sequence, 1).copyFrom(queries.rows(sequence * length + position, 1));
    }

    new CachedAttention(
            new HeadShape(heads, keyValueHeads, headSize, window),
            BlasProvider.blas(),
            arena,
            capacity + 2)
        .forward(last, keys, values, position, output);

    for (int sequence = 0; sequence < SEQUENCES; sequence++) {
      double[] expected =
          Naive.attention(
              wide(queries.rows(sequence * length, length)),
              wide(keys.rows(sequence * capacity, length)),
              wide(values.rows(sequence * capacity, length)),
              shape);
      assertClose(
          "output",
          output.rows(sequence, 1).toArray(),
          Arrays.copyOfRange(expected, position * shape.queryWidth(), expected.length),
          3e-6);
    }
  }

  @Test
  void refusesWhatIsNotInTheCache() {
    CachedAttention attention =
        new CachedAttention(new HeadShape(2, 1, 4), BlasProvider.blas(), arena, 5);
    Tensor queries = arena.tensor(2, 8);
    Tensor cache = arena.tensor(2 * 5, 4);
    Tensor output = arena.tensor(2, 8);
    for (int position : new int[] {-1, 5}) {
      assertThatThrownBy(() -> attention.forward(queries, cache, cache, position, output))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cache of 5");
    }
  }

  @Test
  void refusesHeadsThatCannotShare() {
    assertThatThrownBy(() -> new HeadShape(5, 2, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5 heads cannot share 2");
  }
}
