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

/** OPT's layers around the blocks, from their formulas in double. */
class OuterLayersTest {
  private static final int HIDDEN = 6;
  private static final int POSITIONS = 9;

  private final Random random = new Random(2);

  @ParameterizedTest
  @CsvSource({"6,0,4", "6,3,1", "4,0,9", "4,5,2"})
  void tokensAreProjectedAndGetTheirPositions(int embeddingSize, int firstPosition, int length) {
    int windows = 3;
    OptModel model = model(embeddingSize, true);
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights(model, arena);
      Tensor embedded = random(arena, windows * length, embeddingSize);
      Tensor output = arena.tensor(windows * length, HIDDEN);

      model
          .newOuterLayers(BlasProvider.blas(), arena, windows * length)
          .enter(weights, embedded, firstPosition, length, output);

      Tensor positions = weights.tensor("model.decoder.embed_positions.weight");
      for (int row = 0; row < output.rows(); row++) {
        for (int j = 0; j < HIDDEN; j++) {
          double expected = positions.get(2 + firstPosition + row % length, j);
          expected +=
              embeddingSize == HIDDEN
                  ? embedded.get(row, j)
                  : product(weights.tensor("model.decoder.project_in.weight"), j, embedded, row);
          assertThat((double) output.get(row, j)).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"6,true", "6,false", "4,true", "4,false"})
  void theInputOfTheHeadIsNormalisedAndProjected(int embeddingSize, boolean finalNorm) {
    OptModel model = model(embeddingSize, finalNorm);
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights(model, arena);
      Tensor hidden = random(arena, 5, HIDDEN);
      double[][] normed = new double[5][];
      for (int row = 0; row < 5; row++) {
        normed[row] = finalNorm ? norm(weights, hidden, row) : row(hidden, row);
      }
      Tensor output = embeddingSize == HIDDEN ? hidden : arena.tensor(5, embeddingSize);

      model.newOuterLayers(BlasProvider.blas(), arena, 7).leave(weights, hidden, output);

      for (int row = 0; row < 5; row++) {
        for (int j = 0; j < embeddingSize; j++) {
          double expected = normed[row][j];
          if (embeddingSize != HIDDEN) {
            Tensor projection = weights.tensor("model.decoder.project_out.weight");
            expected = 0;
            for (int i = 0; i < HIDDEN; i++) {
              expected += projection.get(j, i) * normed[row][i];
            }
          }
          assertThat((double) output.get(row, j)).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  @Test
  void llamaLeavesEmbeddedTokensAsTheyAre() {
    LlamaModel model = SmallModels.llama(1, HIDDEN, 10);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor embedded = random(arena, 4, HIDDEN);
      float[] expected = embedded.toArray();
      model
          .newOuterLayers(BlasProvider.blas(), arena, 4)
          .enter(weights(model, arena), embedded, 3, 2, embedded);
      assertThat(embedded.toArray()).isEqualTo(expected);
    }
  }

  private static double[] norm(BlockWeights weights, Tensor x, int row) {
    double mean = 0;
    double squares = 0;
    for (int j = 0; j < HIDDEN; j++) {
      mean += x.get(row, j) / (double) HIDDEN;
    }
    for (int j = 0; j < HIDDEN; j++) {
      squares += (x.get(row, j) - mean) * (x.get(row, j) - mean) / HIDDEN;
    }
    double[] y = new double[HIDDEN];
    for (int j = 0; j < HIDDEN; j++) {
      y[j] =
          (x.get(row, j) - mean)
                  / Math.sqrt(squares + 1e-5)
                  * weights.tensor("model.decoder.final_layer_norm.weight").get(0, j)
              + weights.tensor("model.decoder.final_layer_norm.bias").get(0, j);
    }
    return y;
  }

  private static double[] row(Tensor x, int row) {
    double[] values = new double[x.columns()];
    for (int j = 0; j < values.length; j++) {
      values[j] = x.get(row, j);
    }
    return values;
  }

  /** The product of row {@code j} of a weight and a row of x. */
  private static double product(Tensor weight, int j, Tensor x, int row) {
    double sum = 0;
    for (int i = 0; i < x.columns(); i++) {
      sum += (double) weight.get(j, i) * x.get(row, i);
    }
    return sum;
  }

  private static OptModel model(int embeddingSize, boolean finalNorm) {
    return new OptModel(
        new ModelSize(HIDDEN, 8, 1, POSITIONS),
        2,
        new Vocabulary(10, embeddingSize, 2, HeadStorage.TIED),
        finalNorm ? OptNorms.BEFORE_AND_FINAL : OptNorms.BEFORE,
        "model.decoder.");
  }

  private BlockWeights weights(LanguageModel model, Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.outerWeights(), arena);
    for (WeightShape shape : model.outerWeights()) {
      weights.tensor(shape.name()).copyFrom(random(arena, shape.rows(), shape.columns()));
    }
    return weights;
  }

  private Tensor random(Arena arena, int rows, int columns) {
    Tensor tensor = arena.tensor(rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        tensor.set(i, j, (float) random.nextGaussian());
      }
    }
    return tensor;
  }
}
