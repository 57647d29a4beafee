package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockFactory;
import io.coppice.parallel.KernelPool;
import io.coppice.prune.Hessian;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorMetricTest {
  private static final int WIDTH = 320;
  private static final int LENGTH = 32;
  private static final int ROWS = 3 * LENGTH;

  private final Arena arena = Arena.unbounded("test");
  private final Random random = new Random(4);
  private Tensor matrix;
  private Tensor output;
  private Tensor target;

  @BeforeEach
  void fill() {
    matrix = arena.tensor(WIDTH, WIDTH);
    ErrorMetric.make(sums(gradients(500)), matrix);
    output = filled(ROWS, WIDTH);
    target = filled(ROWS, WIDTH);
  }

  @AfterEach
  void close() {
    arena.close();
  }

  private Tensor filled(int rows, int columns) {
    Tensor tensor = arena.tensor(rows, columns);
    RandomBlock.fill(tensor, random, 1, 0.1f);
    return tensor;
  }

  /** Some directions have much more than others. */
  private Tensor gradients(int rows) {
    Tensor made = filled(rows, WIDTH);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < WIDTH; j++) {
        made.set(i, j, made.get(i, j) * (j % 7 == 0 ? 5e-3f : 5e-4f));
      }
    }
    return made;
  }

  private Hessian sums(Tensor gradients) {
    Hessian sums = new Hessian("gradients", WIDTH, BlasProvider.blas(), arena);
    sums.accumulate(gradients, 1);
    return sums;
  }

  private ErrorMetric metric(Blas blas, Precision precision) {
    BlockFactory factory =
        new BlockFactory(BlockTrainerTest.model(WIDTH, 40, 64), blas, LENGTH, precision);
    ErrorMetric metric = new ErrorMetric(factory, 3, arena);
    metric.read(destination -> destination.copyFrom(matrix));
    return metric;
  }

  /** M = (H · G ÷ tr G + 0.1 I) ÷ 1.1, whatever G is a multiple of. */
  @Test
  void itIsMadeOfTheOuterProducts() {
    Tensor gradients = gradients(50);
    double[][] moments = new double[WIDTH][WIDTH];
    double trace = 0;
    for (int row = 0; row < gradients.rows(); row++) {
      for (int i = 0; i < WIDTH; i++) {
        trace += Math.pow(gradients.get(row, i), 2);
        for (int j = 0; j < WIDTH; j++) {
          moments[i][j] += (double) gradients.get(row, i) * gradients.get(row, j);
        }
      }
    }
    ErrorMetric.make(sums(gradients), matrix);
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) {
      sum += matrix.get(i, i);
      for (int j = 0; j < WIDTH; j++) {
        double expected = (WIDTH * moments[i][j] / trace + (i == j ? 0.1 : 0)) / 1.1;
        assertThat((double) matrix.get(i, j)).isCloseTo(expected, within(1e-5));
      }
    }
    assertThat(sum / WIDTH).isCloseTo(1, within(1e-6));
  }

  @Test
  void itIsTheIdentityWhereNothingHasAnyEffect() {
    ErrorMetric.make(sums(arena.tensor(8, WIDTH)), matrix);
    double expected = new MeanSquaredError(KernelPool.single()).loss(output, target);
    assertThat(metric(BlasProvider.blas(), Precision.FLOAT32).sum(output, target) / output.size())
        .isCloseTo(expected, within(1e-6 * expected));
  }

  /** Against plain sums in double, and against finite differences of these. */
  @Test
  void sumAndGradientAreThoseOfTheFormula() {
    ErrorMetric metric = metric(BlasProvider.blas(), Precision.FLOAT32);
    double expected = naive();
    assertThat(metric.sum(output, target)).isCloseTo(expected, within(1e-5 * expected));
    Tensor gradient = arena.tensor(ROWS, WIDTH);
    metric.gradient(output, target, 5, gradient);
    float step = 0.5f;
    for (int probe = 0; probe < 20; probe++) {
      int row = random.nextInt(ROWS);
      int column = random.nextInt(WIDTH);
      float at = output.get(row, column);
      output.set(row, column, at + step);
      double after = naive();
      output.set(row, column, at - step);
      double before = naive();
      output.set(row, column, at);
      double difference = (after - before) / (2 * step) / 5;
      assertThat((double) gradient.get(row, column))
          .isCloseTo(difference, within(1e-4 * Math.max(1, Math.abs(difference))));
    }
  }

  private double naive() {
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < WIDTH; i++) {
        double product = 0;
        for (int j = 0; j < WIDTH; j++) {
          product += matrix.get(i, j) * ((double) output.get(row, j) - target.get(row, j));
        }
        sum += product * ((double) output.get(row, i) - target.get(row, i));
      }
    }
    return sum;
  }

  /** Measurements are float32 whatever training multiplies. */
  @ParameterizedTest
  @EnumSource
  void bf16IsForGradientsAlone(Precision precision) {
    ErrorMetric exact = metric(BlasProvider.blas(), Precision.FLOAT32);
    ErrorMetric other = metric(BlasProvider.blas(), precision);
    assertThat(other.sum(output, target)).isEqualTo(exact.sum(output, target));
    Tensor expected = arena.tensor(ROWS, WIDTH);
    Tensor gradient = arena.tensor(ROWS, WIDTH);
    exact.gradient(output, target, 1, expected);
    other.gradient(output, target, 1, gradient);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < WIDTH; j++) {
        difference += Math.pow((double) gradient.get(i, j) - expected.get(i, j), 2);
        size += Math.pow(expected.get(i, j), 2);
      }
    }
    assertThat(Math.sqrt(difference / size)).isLessThan(0.01);
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, FLOAT32", "3, BF16"})
  void threadsDoNotShow(int threads, Precision precision) {
    Tensor alone = arena.tensor(ROWS, WIDTH);
    Tensor together = arena.tensor(ROWS, WIDTH);
    ErrorMetric metric = metric(BlasProvider.blas(), precision);
    metric.gradient(output, target, 1, alone);
    try (KernelPool pool = new KernelPool(threads)) {
      ErrorMetric shared = metric(BlasProvider.blas().on(pool), precision);
      shared.gradient(output, target, 1, together);
      assertThat(together.toArray()).isEqualTo(alone.toArray());
      assertThat(shared.sum(output, target)).isEqualTo(metric.sum(output, target));
    }
  }
}
