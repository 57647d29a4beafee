package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.netlib.util.intW;

/**
 * Compares the refit with float64 PyTorch (make_golden.py), with LAPACK's exact solution, and with
 * its documented properties.
 */
class LayerRefitTest {
  private final Blas blas = BlasProvider.blas();
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void free() {
    arena.close();
  }

  static List<GoldenCase> cases() throws IOException {
    return GoldenCase.load();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theFirstStepsAreThoseOfPyTorch(GoldenCase golden) {
    Layer layer = golden.layer(arena);
    for (PruningMethod method : PruningMethod.values()) {
      GoldenCase.Refit expected = golden.refits().get(method.toString());
      Tensor weight = layer.prune(method.pruner(blas), golden.pattern(), arena).weight();
      LayerRefit.Errors errors = refit(layer, weight, 4);
      // Sums of thousands of products that are accurate to 6e-8 each, mostly of one sign.
      assertThat(errors.before()).as(method.toString()).isCloseTo(expected.before(), near());
      assertThat(errors.after()).as(method.toString()).isCloseTo(expected.after(), near());
      int index = 0;
      double worst = 0;
      for (float value : weight.toArray()) {
        if (value != 0 && !expected.keptWeights().isEmpty()) {
          worst = Math.max(worst, Math.abs(value - expected.keptWeights().get(index++)));
        }
      }
      // Weights are about 1. An error of float32's 6e-8 in a product grows by the Hessian's
      // condition
      // number, some hundreds, and far more where there are fewer tokens than columns.
      assertThat(worst).as(method.toString()).isCloseTo(0, within(2e-4));
    }
  }

  private static Percentage near() {
    return Percentage.withPercentage(0.001);
  }

  @ParameterizedTest
  @CsvSource({"MAGNITUDE, 0.5", "WANDA, 0.7", "SPARSEGPT, 0.5", "SPARSEGPT, 0.9"})
  void enoughIterationsSolveTheNormalEquations(PruningMethod method, double sparsity) {
    Layer layer = Layer.correlated(arena, 12, 40, 300, 21);
    Tensor weight = layer.prune(method.pruner(blas), sparsity, arena).weight();
    double[][] expected = exact(layer, weight);
    refit(layer, weight, 200);
    double worst = 0;
    for (int row = 0; row < 12; row++) {
      for (int column = 0; column < 40; column++) {
        worst = Math.max(worst, Math.abs(weight.get(row, column) - expected[row][column]));
      }
    }
    // Weights reach 5; the residual stops at float32's rounding of products with a Hessian whose
    // condition number is some thousands.
    assertThat(worst).isCloseTo(0, within(2e-3));
  }

  /** Row by row, (H + λI) restricted to the mask, solved by Cholesky in float64. */
  private double[][] exact(Layer layer, Tensor weight) {
    int n = weight.columns();
    double[] hessian = hessian(layer).toArray();
    double damping = 0.01 * IntStream.range(0, n).mapToDouble(i -> hessian[i * n + i]).sum() / n;
    double[][] solution = new double[weight.rows()][n];
    for (int row = 0; row < weight.rows(); row++) {
      int r = row;
      int[] kept = IntStream.range(0, n).filter(i -> weight.get(r, i) != 0).toArray();
      double[] matrix = new double[kept.length * kept.length];
      double[] right = new double[kept.length];
      for (int i = 0; i < kept.length; i++) {
        for (int j = 0; j < kept.length; j++) {
          matrix[i * kept.length + j] = hessian[kept[i] * n + kept[j]] + (i == j ? damping : 0);
        }
        for (int j = 0; j < n; j++) {
          double damped = hessian[kept[i] * n + j] + (kept[i] == j ? damping : 0);
          right[i] += damped * layer.weight().get(row, j);
        }
      }
      intW info = new intW(0);
      LAPACK
          .getInstance()
          .dposv("L", kept.length, 1, matrix, kept.length, right, kept.length, info);
      assertThat(info.val).isZero();
      for (int i = 0; i < kept.length; i++) {
        solution[row][kept[i]] = right[i];
      }
    }
    return solution;
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void theErrorNeverRisesAndTheMaskStays(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 30, 64, 200, 22);
    Layer.Pruned pruned = layer.prune(method.pruner(blas), new SemiStructured(2, 4), arena);
    Tensor weight = pruned.weight();
    String mask = pruned.mask();
    double previous = dampedError(layer, weight);
    for (int iterations : new int[] {1, 1, 1, 2, 5, 10, 40, 100}) {
      LayerRefit.Errors errors = refit(layer, weight, iterations);
      double error = dampedError(layer, weight);
      // The measure is float64 here and float32 there.
      assertThat(error).isLessThanOrEqualTo(previous * (1 + 1e-6));
      assertThat(errors.after())
          .isCloseTo(layer.outputError(weight) / energy(layer), withinPercentage(0.01));
      assertThat(new Layer.Pruned(weight, pruned.result()).mask()).isEqualTo(mask);
      previous = error;
    }
  }

  @Test
  void aRefitHelpsMagnitudeMostAndSparseGptLeast() {
    Layer layer = Layer.correlated(arena, 32, 96, 400, 13);
    double gainOfMagnitude = gain(layer, PruningMethod.MAGNITUDE);
    double gainOfSparseGpt = gain(layer, PruningMethod.SPARSEGPT);
    assertThat(gainOfMagnitude).isGreaterThan(3);
    assertThat(gainOfSparseGpt).isBetween(1.02, gainOfMagnitude);
  }

  private double gain(Layer layer, PruningMethod method) {
    Tensor weight = layer.prune(method.pruner(blas), 0.5, arena).weight();
    LayerRefit.Errors errors = refit(layer, weight, 10);
    return errors.before() / errors.after();
  }

  @Test
  void rowsAreWorkedOffInBlocks() {
    Layer layer = Layer.correlated(arena, 700, 12, 60, 23);
    Tensor all = layer.prune(new MagnitudePruner(), 0.5, arena).weight();
    Tensor apart = arena.tensor(700, 12);
    apart.copyFrom(all);
    refit(layer, all, 5);
    for (int first = 0; first < 700; first += 350) {
      Layer half = new Layer(layer.weight().rows(first, 350), layer.inputs(), 1);
      refit(half, apart.rows(first, 350), 5);
    }
    float[] expected = all.toArray();
    float[] actual = apart.toArray();
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
    }
  }

  @Test
  void columnsWithoutInputAndEmptyRowsKeepTheirWeights() {
    Layer layer = Layer.correlated(arena, 6, 20, 60, 24);
    layer.inputs().columns(7, 2).zero();
    Tensor weight = layer.prune(new MagnitudePruner(), 0.5, arena).weight();
    weight.rows(3, 1).zero();
    float[] dead = weight.columns(7, 2).toArray();
    refit(layer, weight, 10);
    assertThat(weight.columns(7, 2).toArray()).isEqualTo(dead);
    assertThat(weight.rows(3, 1).toArray()).containsOnly(0f);
  }

  @Test
  void theDenseLayerIsLeftAsItIs() {
    Layer layer = Layer.correlated(arena, 6, 20, 60, 25);
    Tensor weight = layer.prune(new MagnitudePruner(), 0, arena).weight();
    LayerRefit.Errors errors = refit(layer, weight, 10);
    assertThat(weight.toArray()).isEqualTo(layer.weight().toArray());
    assertThat(errors).isEqualTo(new LayerRefit.Errors(0, 0));
  }

  private LayerRefit.Errors refit(Layer layer, Tensor weight, int iterations) {
    try (Arena scratch = Arena.unbounded("test");
        Hessian hessian = fullHessian(layer)) {
      return new LayerRefit(blas, iterations)
          .refit("q_proj", weight, layer.weight(), floatCopy(hessian, scratch));
    }
  }

  private static FloatHessian floatCopy(Hessian hessian, Arena arena) {
    return hessian.toFloat(arena.tensor(hessian.columns(), hessian.columns()));
  }

  private Hessian fullHessian(Layer layer) {
    return (Hessian) layer.statistics(PruningMethod.SPARSEGPT.pruner(blas));
  }

  private DenseMatrix hessian(Layer layer) {
    try (Hessian hessian = fullHessian(layer)) {
      return hessian.toMatrix();
    }
  }

  private double energy(Layer layer) {
    return layer.outputError(arena.tensor(layer.weight().rows(), layer.weight().columns()));
  }

  /** The objective, in the units of the output error: half the Hessian's. */
  private double dampedError(Layer layer, Tensor weight) {
    double squares = 0;
    for (int row = 0; row < weight.rows(); row++) {
      for (int column = 0; column < weight.columns(); column++) {
        squares += Math.pow(weight.get(row, column) - layer.weight().get(row, column), 2);
      }
    }
    DenseMatrix hessian = hessian(layer);
    double trace = 0;
    for (int i = 0; i < weight.columns(); i++) {
      trace += hessian.apply(i, i);
    }
    double damping = 0.01 * trace / weight.columns() / 2 * layer.sequences();
    return layer.outputError(weight) + damping * squares;
  }

  @Test
  void theFloatCopyIsTheHessian() {
    for (int columns : new int[] {1, 31, 70}) {
      Layer layer = Layer.correlated(arena, 1, columns, 40, columns);
      try (Hessian hessian = fullHessian(layer)) {
        DenseMatrix expected = hessian.toMatrix();
        FloatHessian copy = floatCopy(hessian, arena);
        for (int i = 0; i < columns; i++) {
          for (int j = 0; j < columns; j++) {
            assertThat(copy.values().get(i, j))
                .as(String.format(Locale.ROOT, "%d, %d", i, j))
                .isEqualTo((float) expected.apply(i, j));
          }
        }
      }
    }
  }
}
