package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.coppice.failure.InvalidDataException;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A weight that is pruned in steps, and changes between them. */
class GradualPruningTest {
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void free() {
    arena.close();
  }

  private GradualPruning gradual(Layer layer, PruningMethod method, SparsityPattern target) {
    Pruner pruner = method.pruner(BlasProvider.blas());
    try (InputStatistics statistics = layer.statistics(pruner)) {
      return pruner.gradual("q_proj", layer.weight(), statistics, target);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5, 0",
    "7, 13, 0.5, 45",
    "5, 129, 0.5, 322",
    "10, 10, 0.29, 29",
    "9, 131, 0.95, 1120",
    "4, 260, 0.001, 1",
    "6, 10, 0.26, 15",
    "8, 12, 0, 0"
  })
  void theCountInTheEndIsThatOfPruningAtOnce(int out, int in, double sparsity, int expected) {
    for (PruningMethod method : PruningMethod.values()) {
      Layer layer = Layer.correlated(arena, out, in, 2 * in + 1, 5);
      GradualPruning pruning = gradual(layer, method, new Unstructured(sparsity));
      long before = 0;
      for (double share : new double[] {0.6, 0.9, 0.99, 0.999999, 1}) {
        pruning.prune(layer.weight(), share * pruning.target(), KernelPool.single());
        long zeros = layer.weight().countZeros();
        assertThat(zeros).as(method.toString()).isBetween(before, (long) expected);
        before = zeros;
      }
      assertThat(before).as(method.toString()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MAGNITUDE, 2, 4",
    "WANDA, 2, 4",
    "SPARSEGPT, 2, 4",
    "WANDA, 4, 8",
    "MAGNITUDE, 1, 4"
  })
  void noGroupEverLosesMoreThanItWillInTheEnd(PruningMethod method, int kept, int group) {
    SemiStructured pattern = new SemiStructured(kept, group);
    Layer layer = Layer.correlated(arena, 6, 80, 100, 7);
    Random random = new Random(4);
    GradualPruning pruning = gradual(layer, method, pattern);
    for (double share : new double[] {0.3, 0.6, 0.9, 1}) {
      pruning.prune(layer.weight(), share * pruning.target(), KernelPool.single());
      long expected = 480 - Math.round(480 * (1 - share * pruning.target()));
      assertThat(layer.weight().countZeros()).isEqualTo(expected);
      float[] values = layer.weight().toArray();
      for (int first = 0; first < values.length; first += group) {
        int zeros = 0;
        for (int i = first; i < first + group; i++) {
          zeros += values[i] == 0 ? 1 : 0;
          values[i] += values[i] == 0 ? 0 : 0.1f * (float) random.nextGaussian();
        }
        assertThat(zeros).isLessThanOrEqualTo(pattern.pruned());
      }
      layer.weight().fill(values);
    }
    assertThat(layer.weight().countZeros()).isEqualTo(480L * pattern.pruned() / group);
  }

  /** A group that the checkpoint has pruned further is left so; the others have their pattern. */
  @Test
  void aGroupThatIsZeroStaysSo() {
    Layer layer = Layer.correlated(arena, 2, 16, 50, 3);
    for (int column = 4; column < 8; column++) {
      layer.weight().set(1, column, 0);
    }
    GradualPruning pruning = gradual(layer, PruningMethod.WANDA, new SemiStructured(2, 4));
    pruning.prune(layer.weight(), 0.3, KernelPool.single());
    pruning.prune(layer.weight(), 0.5, KernelPool.single());
    assertThat(layer.weight().countZeros()).isEqualTo(8 * 2 + 2);
  }

  @Test
  void rowsOfPartsOfGroupsAreRefused() {
    Layer layer = Layer.correlated(arena, 2, 10, 30, 3);
    assertThatThrownBy(() -> gradual(layer, PruningMethod.WANDA, new SemiStructured(2, 4)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("q_proj has rows of 10 weights, which the pattern 2:4 cannot divide");
  }

  @Test
  void aCountThatAnotherFixesIsMetToo() {
    Layer layer = Layer.correlated(arena, 6, 50, 100, 3);
    GradualPruning pruning = gradual(layer, PruningMethod.WANDA, Unstructured.exactly(171, 300));
    pruning.prune(layer.weight(), 0.5, KernelPool.single());
    assertThat(layer.weight().countZeros()).isEqualTo(6 * 25);
    pruning.prune(layer.weight(), pruning.target(), KernelPool.single());
    assertThat(layer.weight().countZeros()).isEqualTo(171);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void whatIsZeroCountsAndStaysSo(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 8, 20, 60, 8);
    Random random = new Random(2);
    for (int row = 0; row < 8; row++) {
      for (int column = 0; column < 5; column++) {
        layer.weight().set(row, 4 * column, 0);
      }
    }
    GradualPruning pruning = gradual(layer, method, new Unstructured(0.5));
    assertThat(pruning.start().pruned()).isEqualTo(40);
    float[] before = layer.weight().toArray();
    for (double sparsity : new double[] {0.2, 0.3, 0.4, 0.5}) {
      pruning.prune(layer.weight(), sparsity, KernelPool.single());
      float[] after = layer.weight().toArray();
      for (int i = 0; i < after.length; i++) {
        if (before[i] == 0) {
          assertThat(after[i]).isZero();
        }
      }
      assertThat(layer.weight().countZeros()).isEqualTo(Math.max(40, Math.round(160 * sparsity)));
      // As training would, which leaves zeros alone.
      for (int i = 0; i < after.length; i++) {
        before[i] = after[i] == 0 ? 0 : after[i] + 0.1f * (float) random.nextGaussian();
      }
      layer.weight().fill(before);
    }
  }

  /** One step to the target ranks as pruning at once does, where that compares alike. */
  @ParameterizedTest
  @CsvSource({"MAGNITUDE, 0.5", "WANDA, 0.5", "MAGNITUDE, 0.37", "WANDA, 0.37"})
  void allInOneStepIsPruningAtOnce(PruningMethod method, double sparsity) {
    Layer layer = Layer.correlated(arena, 9, 31, 100, 4);
    Layer.Pruned atOnce = layer.prune(method.pruner(BlasProvider.blas()), sparsity, arena);
    GradualPruning pruning = gradual(layer, method, new Unstructured(sparsity));
    pruning.prune(layer.weight(), sparsity, KernelPool.single());
    assertThat(layer.weight().toArray()).isEqualTo(atOnce.weight().toArray());
  }

  @ParameterizedTest
  @CsvSource({"MAGNITUDE, 2, 4", "WANDA, 2, 4", "WANDA, 4, 8"})
  void allInOneStepIsPruningGroupsAtOnce(PruningMethod method, int kept, int group) {
    SemiStructured pattern = new SemiStructured(kept, group);
    Layer layer = Layer.correlated(arena, 9, 32, 100, 4);
    Layer.Pruned atOnce = layer.prune(method.pruner(BlasProvider.blas()), pattern, arena);
    GradualPruning pruning = gradual(layer, method, pattern);
    pruning.prune(layer.weight(), 0.5, KernelPool.single());
    assertThat(layer.weight().toArray()).isEqualTo(atOnce.weight().toArray());
  }

  @Test
  void sparseGptScoresByTheDiagonalOfTheInverse() {
    // Columns 0 and 1 are nearly the same input, so that either makes up for the other.
    Layer layer = new Layer(arena.tensor(1, 4), arena.tensor(200, 4), 1);
    Random random = new Random(1);
    for (int token = 0; token < 200; token++) {
      float shared = (float) random.nextGaussian();
      layer.inputs().set(token, 0, shared);
      layer.inputs().set(token, 1, shared + 0.1f * (float) random.nextGaussian());
      layer.inputs().set(token, 2, (float) random.nextGaussian());
    }
    layer.weight().fill(new float[] {1.2f, 1.1f, 0.9f, 9});
    // Column 3 is dead. By their norms, column 2 would go next; by the inverse, column 1.
    GradualPruning pruning = gradual(layer, PruningMethod.SPARSEGPT, new Unstructured(0.5));
    assertThat(pruning.start().deadColumns()).isEqualTo(1);
    assertThat(pruning.start().damping()).isCloseTo(0.01, within(1e-9));
    pruning.prune(layer.weight(), 0.5, KernelPool.single());
    assertThat(layer.weight().toArray()).containsExactly(1.2f, 0, 0.9f, 0);
  }

  @Test
  void theInverseDiagonalIsThatOfTheInverse() {
    Layer layer = Layer.correlated(arena, 2, 7, 40, 11);
    Hessian hessian =
        (Hessian) layer.statistics(PruningMethod.SPARSEGPT.pruner(BlasProvider.blas()));
    double[][] h = damped(hessian, 7);
    double[] diagonal = hessian.inverseFactor(0.01).inverseDiagonal();
    for (int column = 0; column < 7; column++) {
      assertThat(diagonal[column]).isCloseTo(inverseElement(h, column), within(1e-9));
    }
    hessian.close();
  }

  private static double[][] damped(Hessian hessian, int n) {
    double[] values = hessian.toMatrix().values();
    double[][] h = new double[n][n];
    double trace = 0;
    for (int i = 0; i < n; i++) {
      System.arraycopy(values, i * n, h[i], 0, n);
      trace += h[i][i];
    }
    for (int i = 0; i < n; i++) {
      h[i][i] += 0.01 * trace / n;
    }
    return h;
  }

  /** [H⁻¹]_jj by Gaussian elimination of H·x = e_j. */
  private static double inverseElement(double[][] matrix, int j) {
    int n = matrix.length;
    double[][] a = new double[n][];
    for (int i = 0; i < n; i++) {
      a[i] = Arrays.copyOf(matrix[i], n + 1);
      a[i][n] = i == j ? 1 : 0;
    }
    for (int pivot = 0; pivot < n; pivot++) {
      for (int row = 0; row < n; row++) {
        double factor = row == pivot ? 0 : a[row][pivot] / a[pivot][pivot];
        for (int column = pivot; column <= n; column++) {
          a[row][column] -= factor * a[pivot][column];
        }
      }
    }
    return a[j][n] / a[j][j];
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void threadsDoNotShow(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 300, 512, 40, 9);
    Tensor shared = arena.tensor(300, 512);
    shared.copyFrom(layer.weight());
    GradualPruning pruning = gradual(layer, method, new Unstructured(0.5));
    try (KernelPool pool = new KernelPool(3)) {
      pruning.prune(shared, 0.4, pool);
    }
    pruning.prune(layer.weight(), 0.4, KernelPool.single());
    assertThat(shared.toArray()).isEqualTo(layer.weight().toArray());
    assertThat(shared.countZeros())
        .isEqualTo(
            new PrunedCounts(
                    method.pruner(BlasProvider.blas()).comparison(),
                    new Unstructured(0.5),
                    300,
                    512)
                .ofLayer(0.4));
  }
}
