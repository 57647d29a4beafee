package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparseGptPrunerTest {
  private final Arena arena = Arena.unbounded("test");
  private final SparseGptPruner pruner = SparseGptPruner.withDefaults(BlasProvider.blas());

  @AfterEach
  void free() {
    arena.close();
  }

  @ParameterizedTest
  @CsvSource({"20, 40, 200, 128", "10, 40, 200, 7", "8, 150, 90, 64", "33, 70, 400, 32"})
  void agreesWithTheNaiveBrainSurgeon(int out, int in, int tokens, int blockSize) {
    Layer layer = Layer.correlated(arena, out, in, tokens, in);
    Layer.Pruned actual =
        layer.prune(new SparseGptPruner(BlasProvider.blas(), blockSize, 0.01), 0.5, arena);
    double[][] expected = NaiveSparseGpt.prune(layer, 0.5, blockSize, 0.01);
    for (int row = 0; row < out; row++) {
      for (int column = 0; column < in; column++) {
        float weight = actual.weight().get(row, column);
        assertThat(weight == 0).isEqualTo(expected[row][column] == 0);
        // Relative to weights of up to 5 or so, updated column by column in float32.
        assertThat((double) weight).isCloseTo(expected[row][column], within(2e-4));
      }
    }
  }

  @Test
  void theReportedErrorIsThatOfTheOutputsAndTheDamping() {
    Layer layer = Layer.correlated(arena, 12, 160, 500, 3);
    Layer.Pruned pruned = layer.prune(pruner, 0.5, arena);
    double damping;
    try (Hessian hessian = (Hessian) layer.statistics(pruner)) {
      DenseMatrix matrix = hessian.toMatrix();
      double trace = 0;
      for (int i = 0; i < 160; i++) {
        trace += matrix.apply(i, i);
      }
      damping = 0.01 * trace / 160;
    }
    double change = 0;
    for (int i = 0; i < pruned.weight().size(); i++) {
      change += Math.pow(pruned.weight().toArray()[i] - layer.weight().toArray()[i], 2);
    }
    assertThat(pruned.result().outputError().orElseThrow())
        .isCloseTo(
            layer.outputError(pruned.weight()) + damping * change / 2, withinPercentage(0.01));
  }

  @Test
  void layersOfOneInputShareItsHessian() {
    Layer layer = Layer.correlated(arena, 8, 30, 100, 4);
    Tensor first = arena.tensor(8, 30);
    Tensor second = arena.tensor(8, 30);
    first.copyFrom(layer.weight());
    second.copyFrom(layer.weight());
    try (InputStatistics shared = layer.statistics(pruner)) {
      pruner.prune("q_proj", first, shared, new Unstructured(0.5));
      pruner.prune("k_proj", second, shared, new Unstructured(0.5));
      assertThatThrownBy(() -> shared.accumulate(layer.inputs(), 1))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(second.toArray()).isEqualTo(first.toArray());
  }

  @Test
  void fewerTokensThanColumnsAreMadeUpForByDamping() {
    Layer layer = Layer.correlated(arena, 8, 200, 5, 16);
    Layer.Pruned pruned = layer.prune(pruner, 0.5, arena);
    assertThat(pruned.zeros()).isEqualTo(800);
    assertThat(pruned.result().damping()).isEqualTo(0.01);
    assertThat(layer.outputError(pruned.weight()))
        .isLessThan(0.1 * layer.outputError(layer.prune(new WandaPruner(), 0.5, arena).weight()));
  }

  @Test
  void weightsOfDeadColumnsBecomeZeroEvenBeyondTheSparsity() {
    Layer layer = Layer.correlated(arena, 8, 20, 60, 17);
    layer.inputs().columns(3, 5).zero();
    Layer.Pruned pruned = layer.prune(pruner, 0.1, arena);
    assertThat(pruned.result().deadColumns()).isEqualTo(5);
    assertThat(pruned.weight().columns(3, 5).toArray()).containsOnly(0f);
    assertThat(pruned.result().pruned()).isEqualTo(40).isEqualTo(pruned.zeros());
  }

  @Test
  void allColumnsDeadGivesAnEmptyLayer() {
    Layer layer = Layer.correlated(arena, 3, 10, 20, 18);
    layer.inputs().zero();
    assertThat(layer.prune(pruner, 0.5, arena).zeros()).isEqualTo(30);
  }

  @Test
  void dampingIsRaisedUntilTheHessianIsPositiveDefinite() {
    // Eigenvalues 1 ± 1.05: a share of 0.01 leaves −0.04, 0.1 is enough.
    double[] indefinite = {1, 1.05, 1.05, 1};
    InverseFactor factor =
        InverseFactor.of("q_proj", new DenseMatrix(2, 2, indefinite.clone()), 0.01);
    assertThat(factor.damping()).isCloseTo(0.1, within(1e-12));
    double[] damped = {1.1, 1.05, 1.05, 1.1};
    InverseFactor expected = InverseFactor.of("q_proj", new DenseMatrix(2, 2, damped), 1e-300);
    float[] u = new float[3];
    float[] v = new float[3];
    factor.read(0, 0, u, 0, 2);
    factor.read(1, 1, u, 2, 1);
    expected.read(0, 0, v, 0, 2);
    expected.read(1, 1, v, 2, 1);
    assertThat(u).containsExactly(v, within(1e-6f));
    assertThatThrownBy(
            () ->
                InverseFactor.of(
                    "q_proj", new DenseMatrix(2, 2, new double[] {1, 50, 50, 1}), 0.01))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("q_proj");
  }
}
