package io.coppice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Tensor;

/**
 * Element-wise comparison with a tolerance that is absolute for small values, relative for large.
 */
public final class Close {
  private Close() {}

  public static void assertClose(String what, Tensor actual, Tensor expected, double tolerance) {
    actual.requireShape(expected.rows(), expected.columns());
    float[] want = expected.toArray();
    double[] wide = new double[want.length];
    for (int i = 0; i < want.length; i++) {
      wide[i] = want[i];
    }
    assertClose(what, actual.toArray(), wide, tolerance);
  }

  public static void assertClose(String what, float[] actual, double[] expected, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s, element %d", what, i)
          .isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
