package io.coppice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Random tensors, their double twins and gradients by central differences. */
final class Samples {
  private static final int CHECKED = 20;

  private Samples() {}

  static float[] values(int n, float scale, Random random) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = scale * (float) random.nextGaussian();
    }
    return values;
  }

  /** A random tensor with gaps between its rows when {@code gap} is positive. */
  static Tensor tensor(int rows, int columns, int gap, Random random, Arena arena) {
    Tensor tensor = arena.tensor(rows, columns + gap).columns(gap / 2, columns);
    tensor.fill(values(rows * columns, 1, random));
    return tensor;
  }

  static Tensor zero(int rows, int columns, int gap, Arena arena) {
    return arena.tensor(rows, columns + gap).columns(gap / 2, columns);
  }

  static double[] wide(Tensor tensor) {
    float[] values = tensor.toArray();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Compares a gradient with central differences of {@code loss}, at some twenty elements. */
  static void assertGradient(
      String what, Tensor gradient, double[] at, ToDoubleFunction<double[]> loss) {
    double step = 1e-4;
    float[] actual = gradient.toArray();
    assertThat(actual).hasSameSizeAs(at);
    int stride = Math.max(1, at.length / CHECKED);
    for (int i = 0; i < at.length; i += stride) {
      double value = at[i];
      at[i] = value + step;
      double above = loss.applyAsDouble(at);
      at[i] = value - step;
      double below = loss.applyAsDouble(at);
      at[i] = value;
      double expected = (above - below) / (2 * step);
      assertThat((double) actual[i])
          .as("%s, element %d", what, i)
          .isCloseTo(expected, within(2e-5 * Math.max(1, Math.abs(expected))));
    }
  }
}
