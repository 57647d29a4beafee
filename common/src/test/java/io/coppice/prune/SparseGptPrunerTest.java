package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.coppice.failure.InvalidDataException;
import io.coppice.parallel.KernelPool;
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
  @CsvSource({
    "20, 40, 200, 128, unstructured",
    "10, 40, 200, 7, unstructured",
    "8, 150, 90, 64, unstructured",
    "33, 70, 400, 32, unstructured",
    "20, 40, 200, 128, 2:4",
    "33, 72, 400, 32, 4:8",
    "9, 152, 300, 64, 1:4",
    "7, 48, 200, 16, 3:6",
    "5, 64, 200, 8, 9:32"
  })
  void agreesWithTheNaiveBrainSurgeon(int out, int in, int tokens, int blockSize, String name) {
    SparsityPattern pattern =
        SemiStructured.parse(name).<SparsityPattern>map(p -> p).orElse(new Unstructured(0.5));
    Layer layer = Layer.correlated(arena, out, in, tokens, in);
    Layer.Pruned actual =
        layer.prune(new SparseGptPruner(BlasProvider.blas(), blockSize, 0.01), pattern, arena);
    double[][] expected = NaiveSparseGpt.prune(layer, pattern, blockSize, 0.01);
    for (int row = 0; row < out; row++) {
      for (int column = 0; column < in; column++) {
        float weight = actual.weight().get(row, column);
        assertThat(weight == 0).isEqualTo(expected[row][column] == 0);
        // Relative to weights of up to 5 or so, updated column by column in float32.
        assertThat((double) weight).isCloseTo(expected[row][column], within(2e-4));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, unstructured", "3, unstructured", "7, unstructured", "3, 2:4"})
  void bytesDoNotDependOnTheNumberOfThreads(int threads, String name) {
    SparsityPattern pattern =
        SemiStructured.parse(name).<SparsityPattern>map(p -> p).orElse(new Unstructured(0.5));
    Layer layer = Layer.correlated(arena, 200, 320, 400, 8);
    try (KernelPool pool = new KernelPool(threads)) {
      Layer.Pruned alone = layer.prune(pruner, pattern, arena);
      Layer.Pruned together =
          layer.prune(SparseGptPruner.withDefaults(BlasProvider.blas().on(pool)), pattern, arena);
      assertThat(together.weight().toArray()).isEqualTo(alone.weight().toArray());
      assertThat(together.result()).isEqualTo(alone.result());
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
    InverseFactor raised = InverseFactor.of("q_proj", coupledPairs(70, 1, 1.05), 0.01);
    assertThat(raised.damping()).isCloseTo(0.1, within(1e-12));
    InverseFactor expected = InverseFactor.of("q_proj", coupledPairs(70, 1.1, 1.05), 1e-300);
    float[] actualRow = new float[70];
    float[] expectedRow = new float[70];
    for (int row = 0; row < 70; row++) {
      raised.read(row, row, actualRow, row, 70 - row);
      expected.read(row, row, expectedRow, row, 70 - row);
      assertThat(actualRow).containsExactly(expectedRow, within(1e-5f));
    }
  }

  @Test
  void aHessianThatDampingCannotSaveIsNamed() {
    assertThatThrownBy(() -> InverseFactor.of("q_proj", coupledPairs(4, 1, 50), 0.01))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("q_proj");
  }

  /** Column i goes with column n − 1 − i: eigenvalues diagonal ± coupling. */
  private static DenseMatrix coupledPairs(int n, double diagonal, double coupling) {
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i * n + n - 1 - i] = coupling;
      values[i * n + i] = diagonal;
    }
    return new DenseMatrix(n, n, values);
  }
}
