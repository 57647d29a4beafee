package io.coppice.optimizer;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.coppice.kernel.Golden;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AdamWTest {
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void close() {
    arena.close();
  }

  static List<Golden> golden() {
    return Golden.cases("adamW");
  }

  @ParameterizedTest
  @MethodSource("golden")
  void fiveStepsWithALinearDecayAreThoseOfPyTorch(Golden golden) {
    Tensor weight = golden.tensor("start", arena);
    AdamW.Settings settings = new AdamW.Settings(0.9, 0.95, 1e-8, golden.number("weightDecay"));
    AdamW optimizer = AdamW.forKept(weight, settings, KernelPool.single(), arena);
    List<Tensor> gradients = golden.tensors("gradients", arena);
    List<Tensor> expected = golden.tensors("weights", arena);
    LinearDecay decay = new LinearDecay(golden.number("learningRate"), gradients.size());
    for (int step = 0; step < gradients.size(); step++) {
      optimizer.step(weight, gradients.get(step), decay.learningRate(step), step + 1);
      assertClose("step " + step, weight, expected.get(step), 2e-6);
    }
  }

  /** Rows, columns, per mille kept; rows that share a tile, fill it, exceed it. */
  @ParameterizedTest
  @CsvSource({"1,1,1000", "7,5,500", "130,64,500", "3,2048,20", "5,4999,700", "3,3000,0"})
  void agreesWithItsTwinAndNeverTouchesPrunedWeights(int rows, int columns, int perMille) {
    Random random = new Random(rows);
    double[] w = new double[rows * columns];
    for (int i = 0; i < w.length; i++) {
      w[i] = random.nextInt(1000) < perMille ? (float) random.nextGaussian() : 0;
    }
    Tensor weight = arena.tensor(rows, columns + 2).columns(1, columns);
    weight.fill(narrow(w));
    Tensor gradient = arena.tensor(rows, columns);
    AdamW optimizer =
        AdamW.forKept(weight, new AdamW.Settings(0.8, 0.9, 1e-6, 0.1), KernelPool.single(), arena);
    double[] m = new double[w.length];
    double[] v = new double[w.length];
    int kept = 0;
    for (int step = 1; step <= 4; step++) {
      double[] g = new double[w.length];
      kept = 0;
      for (int i = 0; i < g.length; i++) {
        g[i] = w[i] == 0 ? Float.NaN : (float) random.nextGaussian();
        if (w[i] != 0) {
          kept++;
          m[i] = 0.8 * m[i] + (1 - 0.8) * g[i];
          v[i] = 0.9 * v[i] + (1 - 0.9) * g[i] * g[i];
          double correctedM = m[i] / (1 - Math.pow(0.8, step));
          double correctedV = v[i] / (1 - Math.pow(0.9, step));
          w[i] -= 0.01 * 0.1 * w[i];
          w[i] -= 0.01 * correctedM / (Math.sqrt(correctedV) + 1e-6);
        }
      }
      gradient.fill(narrow(g));
      optimizer.step(weight, gradient, 0.01, step);
    }
    assertThat(optimizer.kept()).isEqualTo(kept);
    assertThat(optimizer.firstMoment().size()).isEqualTo(kept);
    float[] actual = weight.toArray();
    assertClose("weights", actual, w, 3e-6);
    for (int i = 0; i < w.length; i++) {
      assertThat(actual[i] == 0).isEqualTo(w[i] == 0);
    }
  }

  /** Rows, columns; rows that share a tile, fill it, exceed it, and make several pieces. */
  @ParameterizedTest
  @CsvSource({"1,1", "7,5", "130,64", "3,2048", "5,4999", "40,1500"})
  void whatIsDroppedLosesItsMomentsAndTheRestKeepsThem(int rows, int columns) {
    Random random = new Random(rows);
    Tensor weight = arena.tensor(rows, columns);
    Tensor untouched = arena.tensor(rows, columns);
    float[] w = new float[rows * columns];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) random.nextGaussian();
    }
    weight.fill(w);
    untouched.fill(w);
    Tensor gradient = arena.tensor(rows, columns);
    AdamW shrinking = AdamW.shrinking(weight, KernelPool.single(), arena);
    AdamW whole = AdamW.forKept(untouched, KernelPool.single(), arena);
    boolean[] dropped = new boolean[w.length];
    for (int step = 1; step <= 5; step++) {
      float[] g = new float[w.length];
      for (int i = 0; i < g.length; i++) {
        g[i] = (float) random.nextGaussian();
      }
      gradient.fill(g);
      shrinking.step(weight, gradient, 0.01, step);
      whole.step(untouched, gradient, 0.01, step);
      float[] left = weight.toArray();
      int kept = 0;
      for (int i = 0; i < left.length; i++) {
        dropped[i] |= step % 2 == 0 && random.nextInt(4) == 0;
        left[i] = dropped[i] ? 0 : left[i];
        kept += dropped[i] ? 0 : 1;
      }
      weight.fill(left);
      shrinking.drop(weight);
      assertThat(shrinking.kept()).isEqualTo(kept);
    }
    // A weight's own history decides its steps, so those that are left have gone the same way.
    float[] all = untouched.toArray();
    float[] left = weight.toArray();
    for (int i = 0; i < left.length; i++) {
      assertThat(left[i]).isEqualTo(dropped[i] ? 0 : all[i]);
    }
  }

  @Test
  void aWeightThatCameBackIsRefused() {
    Tensor weight = arena.tensor(1, 3);
    weight.fill(new float[] {1, 0, 2});
    AdamW optimizer = AdamW.shrinking(weight, KernelPool.single(), arena);
    weight.fill(new float[] {0, 1, 0});
    assertThatThrownBy(() -> optimizer.drop(weight)).hasMessageContaining("not 0 any more");
  }

  @Test
  void aDenseOptimizerTrainsZeros() {
    Tensor weight = arena.vector(20);
    Tensor gradient = arena.vector(20);
    float[] ones = new float[20];
    Arrays.fill(ones, 1);
    gradient.fill(ones);
    AdamW.dense(weight, AdamW.Settings.DEFAULT, KernelPool.single(), arena)
        .step(weight, gradient, 0.5, 1);
    for (float value : weight.toArray()) {
      assertThat(value).isCloseTo(-0.5f, within(1e-6f));
    }
  }

  @Test
  void anotherShapeAndStepZeroAreRefused() {
    Tensor weight = arena.tensor(2, 3);
    AdamW optimizer = AdamW.dense(weight, AdamW.Settings.DEFAULT, KernelPool.single(), arena);
    assertThatThrownBy(() -> optimizer.step(weight, arena.tensor(3, 2), 0.1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 x 2");
    assertThatThrownBy(() -> optimizer.step(weight, weight, 0.1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("counted from 1");
  }

  @Test
  void theRateFallsInALineFromTheBaseAndEndsAboveZero() {
    LinearDecay decay = new LinearDecay(2e-4, 4);
    assertThat(decay.learningRate(0)).isEqualTo(2e-4);
    assertThat(decay.learningRate(1)).isEqualTo(1.5e-4, within(1e-18));
    assertThat(decay.learningRate(3)).isEqualTo(0.5e-4, within(1e-18));
    assertThat(decay.learningRate(4)).isZero();
    assertThat(decay.learningRate(9)).isZero();
    assertThatThrownBy(() -> new LinearDecay(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static float[] narrow(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
