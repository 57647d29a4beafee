package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the streamed head with a softmax over all logits at once, in double. */
class LanguageModelHeadTest {
  private static final int HIDDEN = 8;
  private static final float EPSILON = 1e-5f;

  @ParameterizedTest
  @CsvSource({
    // The head is read 4096 rows at a time, for 256 tokens at a time.
    "5,    3,   1",
    "4096, 256, 1",
    "4097, 257, 1",
    "9001, 300, 1",
    "9001, 300, 60"
  })
  void lossesAreThoseOfTheWholeSoftmax(int vocabulary, int tokens, float scale) {
    Random random = new Random(vocabulary + tokens);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor hidden = random(arena, tokens, HIDDEN, 3, random);
      Tensor norm = random(arena, 1, HIDDEN, 1, random);
      Tensor head = random(arena, vocabulary, HIDDEN, scale, random);
      int[] targets = random.ints(tokens, 0, vocabulary).toArray();
      targets[0] = vocabulary - 1;
      targets[1] = 0;
      targets[2] = -1;
      double[] expected = naive(hidden, norm, head, targets);

      double[] losses = head(vocabulary).losses(hidden, outer(norm, arena), rows(head), targets);

      assertThat(losses).hasSize(tokens);
      assertThat(losses[2]).isZero();
      for (int i = 0; i < tokens; i++) {
        assertThat(losses[i]).as("token %d", i).isCloseTo(expected[i], within(5e-6 * (1 + scale)));
      }
    }
  }

  @Test
  void logitsFarApartNeitherOverflowNorVanish() {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor hidden = arena.tensor(2, HIDDEN);
      Tensor norm = arena.tensor(1, HIDDEN);
      Tensor head = arena.tensor(4100, HIDDEN);
      for (int j = 0; j < HIDDEN; j++) {
        hidden.set(0, j, 1);
        hidden.set(1, j, 1);
        norm.set(0, j, 1);
        head.set(4099, j, 100);
        head.set(0, j, -100);
      }

      double[] losses =
          head(4100).losses(hidden, outer(norm, arena), rows(head), new int[] {4099, 0});

      assertThat(losses[0]).isCloseTo(0, within(1e-9));
      assertThat(losses[1]).isCloseTo(1600, within(1e-2));
    }
  }

  private static double[] naive(Tensor hidden, Tensor norm, Tensor head, int[] targets) {
    double[] losses = new double[targets.length];
    for (int i = 0; i < targets.length; i++) {
      double squares = 0;
      for (int j = 0; j < HIDDEN; j++) {
        squares += (double) hidden.get(i, j) * hidden.get(i, j);
      }
      double rms = Math.sqrt(squares / HIDDEN + EPSILON);
      double[] logits = new double[head.rows()];
      double sum = 0;
      for (int word = 0; word < logits.length; word++) {
        for (int j = 0; j < HIDDEN; j++) {
          logits[word] += hidden.get(i, j) / rms * norm.get(0, j) * head.get(word, j);
        }
        // No maximum subtracted: these logits are far from those at which exp overflows in double.
        sum += Math.exp(logits[word]);
      }
      losses[i] = targets[i] < 0 ? 0 : Math.log(sum) - logits[targets[i]];
    }
    return losses;
  }

  private static LanguageModelHead head(int vocabulary) {
    return new LanguageModelHead(SmallModels.llama(1, HIDDEN, vocabulary), BlasProvider.blas());
  }

  private static BlockWeights outer(Tensor norm, Arena arena) {
    BlockWeights outer =
        BlockWeights.allocate(SmallModels.llama(1, HIDDEN, 1).outerWeights(), arena);
    outer.tensor(LlamaModel.FINAL_NORM).copyFrom(norm);
    return outer;
  }

  private static WeightRows rows(Tensor table) {
    return (firstRow, destination) ->
        destination.copyFrom(table.rows((int) firstRow, destination.rows()));
  }

  private static Tensor random(Arena arena, int rows, int columns, float scale, Random random) {
    Tensor tensor = arena.tensor(rows, columns);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * (float) random.nextGaussian() / (float) Math.sqrt(columns);
    }
    tensor.fill(values);
    return tensor;
  }
}
