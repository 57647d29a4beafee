package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** N:M with every method. */
class SemiStructuredTest {
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void free() {
    arena.close();
  }

  private static Pruner pruner(PruningMethod method) {
    return method.pruner(BlasProvider.blas());
  }

  @ParameterizedTest
  @CsvSource({
    "1, 4, 2, 4",
    "7, 12, 2, 4",
    "40, 136, 2, 4",
    "5, 264, 4, 8",
    "3, 300, 1, 4",
    "6, 50, 1, 2",
    "4, 21, 6, 7",
    "3, 300, 20, 150",
    "35, 64, 31, 32"
  })
  void everyGroupPrunesTheSameNumber(int out, int in, int kept, int group) {
    SemiStructured pattern = new SemiStructured(kept, group);
    Layer layer = Layer.correlated(arena, out, in, 2 * in + 1, 5);
    for (PruningMethod method : PruningMethod.values()) {
      Layer.Pruned pruned = layer.prune(pruner(method), pattern, arena);
      IntSummaryStatistics counts = pruned.prunedPerGroup(group);
      assertThat(counts.getMin()).as(method.toString()).isEqualTo(group - kept);
      assertThat(counts.getMax()).as(method.toString()).isEqualTo(group - kept);
      assertThat(pruned.result().pruned()).isEqualTo(pruned.zeros());
      assertThat(pruned.result().kept()).isEqualTo(layer.weight().size() - pruned.zeros());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2:4", "4:8", "1:4", "5:6"})
  void magnitudeAndWandaTakeTheLowestScoresOfEachGroup(String name) {
    SemiStructured pattern = SemiStructured.parse(name).orElseThrow();
    Layer layer = Layer.correlated(arena, 9, 48, 100, 6);
    double[] ones = new double[48];
    Arrays.fill(ones, 1);
    assertThat(layer.prune(new MagnitudePruner(), pattern, arena).mask())
        .isEqualTo(sorted(layer, ones, pattern));
    double[] norms = new double[48];
    for (int column = 0; column < 48; column++) {
      for (int token = 0; token < layer.inputs().rows(); token++) {
        norms[column] += Math.pow(layer.inputs().get(token, column), 2);
      }
      norms[column] = Math.sqrt(norms[column]);
    }
    assertThat(layer.prune(new WandaPruner(), pattern, arena).mask())
        .isEqualTo(sorted(layer, norms, pattern));
  }

  /** The mask by sorting each group's |w|·factor. */
  private static String sorted(Layer layer, double[] factors, SemiStructured pattern) {
    char[] mask = "0".repeat((int) layer.weight().size()).toCharArray();
    for (int row = 0; row < layer.weight().rows(); row++) {
      int r = row;
      for (int first = 0; first < factors.length; first += pattern.group()) {
        IntStream.range(first, first + pattern.group())
            .boxed()
            .sorted(
                Comparator.comparingDouble(
                    column -> Math.abs(layer.weight().get(r, column)) * factors[column]))
            .limit(pattern.pruned())
            .forEach(column -> mask[r * factors.length + column] = '1');
      }
    }
    return new String(mask);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void moreIsPrunedOnlyWhereZerosWereBefore(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 8, 24, 60, 8);
    // In the first group: a later zero may have been updated when SparseGPT reaches it.
    for (int column = 0; column < 3; column++) {
      layer.weight().set(2, column, column == 1 ? -0f : 0);
    }
    layer.weight().set(3, 2, 0);
    Layer.Pruned pruned = layer.prune(pruner(method), new SemiStructured(2, 4), arena);
    assertThat(pruned.zeros()).isEqualTo(8 * 12 + 1).isEqualTo(pruned.result().pruned());
    assertThat(pruned.weight().window(2, 1, 0, 3).toArray()).containsOnly(0f);
    assertThat(pruned.weight().get(3, 2)).isZero();
    assertThat(pruned.prunedPerGroup(4).getMin()).isEqualTo(2);
  }

  @Test
  void deadColumnsCountAmongThePruned() {
    Layer layer = Layer.correlated(arena, 8, 24, 60, 9);
    layer.inputs().columns(4, 3).zero();
    layer.inputs().columns(13, 1).zero();
    for (Pruner pruner : new Pruner[] {pruner(PruningMethod.SPARSEGPT), new WandaPruner()}) {
      Layer.Pruned pruned = layer.prune(pruner, new SemiStructured(2, 4), arena);
      assertThat(pruned.result().deadColumns()).isEqualTo(4);
      assertThat(pruned.weight().columns(13, 1).toArray()).containsOnly(0f);
      assertThat(pruned.prunedPerGroup(4).getMin()).isEqualTo(2);
      // SparseGPT zeroes all weights of dead columns, Wanda only as many as were asked for.
      assertThat(pruned.zeros()).isEqualTo(8 * 12 + (pruner instanceof WandaPruner ? 0 : 8));
    }
  }

  @Test
  void ofEqualScoresTheFirstColumnsOfAGroupGo() {
    Tensor weight = arena.tensor(1, 8);
    weight.fill(new float[] {1, 1, -1, 1, 2, 1, 2, 1});
    new MagnitudePruner().prune("q_proj", weight, new NoStatistics(8), new SemiStructured(1, 4));
    assertThat(weight.toArray()).containsExactly(0, 0, 0, 1, 0, 0, 2, 0);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void rowsThatAreNoWholeGroupsAreRefusedByName(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 4, 10, 30, 14);
    assertThatThrownBy(() -> layer.prune(pruner(method), new SemiStructured(2, 4), arena))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContainingAll("q_proj", "10 weights", "2:4");
  }

  @Test
  void sparseGptStillBeatsWandaBeatsMagnitude() {
    Layer layer = Layer.correlated(arena, 32, 96, 400, 13);
    SemiStructured pattern = new SemiStructured(2, 4);
    double magnitude =
        layer.outputError(layer.prune(new MagnitudePruner(), pattern, arena).weight());
    double wanda = layer.outputError(layer.prune(new WandaPruner(), pattern, arena).weight());
    double sparseGpt =
        layer.outputError(layer.prune(pruner(PruningMethod.SPARSEGPT), pattern, arena).weight());
    assertThat(sparseGpt).isLessThan(0.5 * wanda);
    assertThat(wanda).isLessThan(0.8 * magnitude);
  }

  @Test
  void patternsAreReadFromText() {
    assertThat(SemiStructured.parse("2:4")).contains(new SemiStructured(2, 4));
    assertThat(new SemiStructured(1, 4)).hasToString("1:4");
    assertThat(new SemiStructured(1, 4).sparsity()).isEqualTo(0.75);
    for (String other : new String[] {"unstructured", "2", "2:", "2:4:8", "-2:4", " 2:4", ""}) {
      assertThat(SemiStructured.parse(other)).isEmpty();
    }
    for (String wrong : new String[] {"0:4", "4:4", "5:4", "0:0"}) {
      assertThatThrownBy(() -> SemiStructured.parse(wrong))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(wrong);
    }
  }
}
