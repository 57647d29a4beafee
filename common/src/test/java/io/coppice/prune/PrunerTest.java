package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Properties of every method. */
class PrunerTest {
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
    "1, 1, 0.5, 0",
    "7, 13, 0.5, 45",
    "5, 129, 0.5, 322",
    "3, 300, 0.7, 630",
    "10, 10, 0.29, 29",
    "9, 131, 0.95, 1120",
    "6, 50, 0.999, 299",
    "4, 260, 0.001, 1",
    "8, 12, 0, 0"
  })
  void theCountIsExactForEveryShape(int out, int in, double sparsity, int expected) {
    Layer layer = Layer.correlated(arena, out, in, 2 * in + 1, 5);
    for (PruningMethod method : PruningMethod.values()) {
      Layer.Pruned pruned = layer.prune(pruner(method), sparsity, arena);
      assertThat(pruned.zeros()).as(method.toString()).isEqualTo(expected);
      assertThat(pruned.result().pruned()).as(method.toString()).isEqualTo(expected);
      assertThat(pruned.result().kept()).isEqualTo(layer.weight().size() - expected);
    }
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void sparsityZeroLeavesEveryWeightAsItIs(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 5, 140, 300, 6);
    assertThat(layer.prune(pruner(method), 0, arena).weight().toArray())
        .isEqualTo(layer.weight().toArray());
  }

  @Test
  void onlySparseGptChangesKeptWeights() {
    Layer layer = Layer.correlated(arena, 6, 30, 100, 7);
    float[] before = layer.weight().toArray();
    for (PruningMethod method : PruningMethod.values()) {
      float[] after = layer.prune(pruner(method), 0.5, arena).weight().toArray();
      int changed = 0;
      for (int i = 0; i < after.length; i++) {
        changed += after[i] != 0 && after[i] != before[i] ? 1 : 0;
      }
      assertThat(changed > 0).as(method.toString()).isEqualTo(method == PruningMethod.SPARSEGPT);
    }
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void weightsThatAreZeroAlreadyCountFirst(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 8, 20, 60, 8);
    // Wanda compares within a row, so two empty rows do not spare the others their share.
    for (int column = 0; column < 20; column++) {
      layer.weight().set(2, column, 0);
      layer.weight().set(5, column, -0f);
    }
    Layer.Pruned pruned = layer.prune(pruner(method), 0.5, arena);
    long expected = method == PruningMethod.WANDA ? 2 * 20 + 6 * 10 : 80;
    assertThat(pruned.zeros()).isEqualTo(expected);
    assertThat(pruned.result().pruned()).isEqualTo(expected);
    for (int column = 0; column < 20; column++) {
      assertThat(Float.floatToRawIntBits(pruned.weight().get(5, column))).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void moreZerosThanAskedForStayZero(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 4, 20, 60, 9);
    layer.weight().rows(1, 3).zero();
    Layer.Pruned pruned = layer.prune(pruner(method), 0.1, arena);
    assertThat(pruned.weight().rows(1, 3).toArray()).containsOnly(0f);
    assertThat(pruned.result().pruned())
        .isEqualTo(method == PruningMethod.WANDA ? 60 + 2 : 60)
        .isEqualTo(pruned.zeros());
  }

  @Test
  void ofEqualWeightsTheFirstInRowOrderGo() {
    Tensor weight = arena.tensor(2, 5);
    float[] values = new float[10];
    Arrays.fill(values, -0.5f);
    values[1] = 0.25f;
    values[9] = 3;
    weight.fill(values);
    new MagnitudePruner().prune("q_proj", weight, new NoStatistics(5), new Unstructured(0.4));
    assertThat(weight.toArray()).containsExactly(0, 0, 0, 0, -.5f, -.5f, -.5f, -.5f, -.5f, 3);
  }

  @Test
  void ofEqualWandaScoresTheFirstColumnsGo() {
    Tensor inputs = arena.tensor(1, 4);
    inputs.fill(new float[] {2, 1, 1, 0.5f});
    Tensor weight = arena.tensor(2, 4);
    weight.fill(new float[] {1, 2, 2, 4, 8, -2, 2, 1});
    ColumnNorms norms = new ColumnNorms("q_proj", 4);
    norms.accumulate(inputs, 1);
    new WandaPruner().prune("q_proj", weight, norms, new Unstructured(0.5));
    assertThat(weight.toArray()).containsExactly(0, 0, 2, 4, 8, 0, 2, 0);
  }

  @Test
  void wandaPrunesDeadColumnsFirst() {
    Layer layer = Layer.correlated(arena, 6, 20, 60, 10);
    layer.inputs().columns(4, 1).zero();
    layer.inputs().columns(11, 1).zero();
    Layer.Pruned pruned = layer.prune(new WandaPruner(), 0.1, arena);
    assertThat(pruned.result().deadColumns()).isEqualTo(2);
    assertThat(pruned.weight().columns(4, 1).toArray()).containsOnly(0f);
    assertThat(pruned.weight().columns(11, 1).toArray()).containsOnly(0f);
    assertThat(pruned.zeros()).isEqualTo(12);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void pruningTwiceGivesTheSameBits(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 40, 200, 150, 11);
    float[] first = layer.prune(pruner(method), 0.6, arena).weight().toArray();
    for (int i = 0; i < 30; i++) {
      try (Arena another = Arena.unbounded("test")) {
        float[] again = layer.prune(pruner(method), 0.6, another).weight().toArray();
        assertThat(Arrays.equals(again, first)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void aWindowOnALargerTensorIsPrunedAlikeAndItsSurroundingsStay(PruningMethod method) {
    Layer layer = Layer.correlated(arena, 9, 150, 200, 12);
    Tensor around = arena.tensor(9, 156);
    around.columns(2, 150).copyFrom(layer.weight());
    around.columns(0, 2).fill(filled(18));
    around.columns(152, 4).fill(filled(36));
    Layer windowed = new Layer(around.columns(2, 150), layer.inputs(), 1);
    try (InputStatistics statistics = windowed.statistics(pruner(method))) {
      pruner(method).prune("up_proj", windowed.weight(), statistics, new Unstructured(0.5));
    }
    assertThat(windowed.weight().toArray())
        .isEqualTo(layer.prune(pruner(method), 0.5, arena).weight().toArray());
    assertThat(around.columns(0, 2).toArray()).containsOnly(7f);
    assertThat(around.columns(152, 4).toArray()).containsOnly(7f);
  }

  private static float[] filled(int length) {
    float[] values = new float[length];
    Arrays.fill(values, 7);
    return values;
  }

  @ParameterizedTest
  @CsvSource({"32, 96, 400, 0.5", "16, 200, 1000, 0.6", "24, 64, 300, 0.4"})
  void onCorrelatedInputsSparseGptBeatsWandaBeatsMagnitude(
      int out, int in, int tokens, double sparsity) {
    Layer layer = Layer.correlated(arena, out, in, tokens, 13);
    double magnitude = error(layer, PruningMethod.MAGNITUDE, sparsity);
    double wanda = error(layer, PruningMethod.WANDA, sparsity);
    double sparseGpt = error(layer, PruningMethod.SPARSEGPT, sparsity);
    assertThat(sparseGpt).isLessThan(0.5 * wanda);
    assertThat(wanda).isLessThan(0.7 * magnitude);
  }

  private double error(Layer layer, PruningMethod method, double sparsity) {
    return layer.outputError(layer.prune(pruner(method), sparsity, arena).weight());
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void aWeightThatIsNoNumberIsNamed(PruningMethod method) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Layer layer = Layer.correlated(arena, 4, 10, 30, 14);
      layer.weight().set(3, 9, bad);
      assertThatThrownBy(() -> layer.prune(pruner(method), 0.5, arena))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("q_proj");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PruningMethod.class,
      names = {"WANDA", "SPARSEGPT"})
  void anInputThatIsNoNumberIsNamed(PruningMethod method) {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      Layer layer = Layer.correlated(arena, 4, 10, 30, 15);
      layer.inputs().set(20, 6, bad);
      assertThatThrownBy(() -> layer.prune(pruner(method), 0.5, arena))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("q_proj");
    }
  }

  @Test
  void statisticsOfAnotherMethodOrWidthAreRefused() {
    Tensor weight = arena.tensor(3, 4);
    assertThatThrownBy(
            () ->
                new WandaPruner()
                    .prune("k_proj", weight, new NoStatistics(4), new Unstructured(0.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("k_proj")
        .hasMessageContaining("ColumnNorms");
    assertThatThrownBy(
            () ->
                new MagnitudePruner()
                    .prune("k_proj", weight, new NoStatistics(5), new Unstructured(0.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5 columns");
  }

  @ParameterizedTest
  @CsvSource({"1", "-0.1", "NaN", "50"})
  void aSparsityOutOfRangeIsAUsersMistake(double sparsity) {
    assertThatThrownBy(() -> new Unstructured(sparsity)).isInstanceOf(UsageException.class);
  }
}
