package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsTest {
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void free() {
    arena.close();
  }

  /** 256 columns are one panel of products; 257 and 600 need more. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 256, 257, 600})
  void theHessianIsTwiceTheProductPerSequence(int columns) {
    Tensor inputs = Layer.correlated(arena, 1, columns, 12, columns).inputs();
    try (Hessian hessian = new Hessian("q_proj", columns, BlasProvider.blas(), arena)) {
      hessian.accumulate(inputs.rows(0, 5), 1);
      hessian.accumulate(inputs.rows(5, 7), 2);
      DenseMatrix matrix = hessian.toMatrix();
      double[] lengths = new double[columns];
      for (int i = 0; i < columns; i++) {
        lengths[i] = Math.sqrt(product(inputs, i, i));
      }
      double worst = 0;
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j < columns; j++) {
          double difference = matrix.apply(i, j) - 2.0 / 3 * product(inputs, i, j);
          worst = Math.max(worst, Math.abs(difference) / (lengths[i] * lengths[j]));
        }
      }
      assertThat(worst).isCloseTo(0, within(1e-6));
      assertThat(matrix.transpose().toArray()).isEqualTo(matrix.toArray());
    }
  }

  private static double product(Tensor inputs, int i, int j) {
    double sum = 0;
    for (int token = 0; token < inputs.rows(); token++) {
      sum += (double) inputs.get(token, i) * inputs.get(token, j);
    }
    return sum;
  }

  @Test
  void theSameChunksGiveTheSameBytes() {
    Tensor inputs = Layer.correlated(arena, 1, 300, 64, 2).inputs();
    assertThat(hessianValues(inputs)).isEqualTo(hessianValues(inputs));
  }

  private double[] hessianValues(Tensor inputs) {
    try (Hessian hessian = new Hessian("q_proj", inputs.columns(), BlasProvider.blas(), arena)) {
      for (int chunk = 0; chunk < 4; chunk++) {
        hessian.accumulate(inputs.rows(16 * chunk, 16), 1);
      }
      return hessian.toMatrix().values();
    }
  }

  @Test
  void columnNormsAreRootsOfSumsPerSequence() {
    Tensor inputs = arena.tensor(3, 2);
    inputs.fill(new float[] {3, 0, 4, 0, 0, 0});
    ColumnNorms norms = new ColumnNorms("q_proj", 2);
    norms.accumulate(inputs.rows(0, 1), 1);
    norms.accumulate(inputs.rows(1, 2), 3);
    assertThat(norms.norms()).containsExactly(2.5f, 0);
  }
}
