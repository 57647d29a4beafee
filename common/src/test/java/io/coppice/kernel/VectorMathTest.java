package io.coppice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.natives.JavaProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Vector API primitives against the scalar ones, and against themselves once compiled. */
class VectorMathTest {
  private static final int OFFSET = 5;

  static IntStream sizes() {
    return IntStream.of(1, 2, 15, 16, 17, 31, 32, 33, 48, 100, 255, 256, 257, 1000);
  }

  @Test
  void thisProcessRunsTheVectorApi() {
    assertThat(VectorMath.create()).isInstanceOf(VectorApiMath.class);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void bothImplementationsAgree(int n) {
    List<double[]> expected = results(new ScalarMath(), n);
    List<double[]> actual = results(new VectorApiMath(), n);
    for (int i = 0; i < expected.size(); i++) {
      double[] want = expected.get(i);
      double[] got = actual.get(i);
      assertThat(got).hasSameSizeAs(want);
      for (int j = 0; j < want.length; j++) {
        assertThat(got[j])
            .as("result %d, element %d", i, j)
            .isCloseTo(want[j], within(3e-6 * Math.max(1, Math.abs(want[j]))));
      }
    }
  }

  @Test
  void resultsAreTheSameBitsBeforeAndAfterCompilation() {
    for (VectorMath math : new VectorMath[] {new VectorApiMath(), new ScalarMath()}) {
      double[][] interpreted = results(math, 333).toArray(double[][]::new);
      for (int i = 0; i < 2500; i++) {
        results(math, 333);
      }
      double[][] compiled = results(math, 333).toArray(double[][]::new);
      assertThat(Arrays.deepEquals(compiled, interpreted)).isTrue();
    }
  }

  @Test
  void expIsAccurateAndKeepsItsLimits() {
    for (VectorMath math : new VectorMath[] {new VectorApiMath(), new ScalarMath()}) {
      for (float x = -87; x <= 88; x += 0.0371f) {
        float[] tile = VectorMath.tile(1);
        tile[0] = x;
        math.exp(tile, tile, 0, 1, 0);
        assertThat(tile[0] / Math.exp(x)).isCloseTo(1, within(2.5e-7));
      }
      float[] ends = VectorMath.tile(4);
      ends[0] = Float.NEGATIVE_INFINITY;
      ends[1] = -1000;
      ends[2] = 1000;
      ends[3] = Float.NaN;
      math.exp(ends, ends, 0, 4, 0);
      assertThat(ends[0]).isBetween(0f, 2e-38f);
      assertThat(ends[1]).isBetween(0f, 2e-38f);
      assertThat(ends[2]).isGreaterThan(1e38f).isFinite();
      assertThat(ends[3]).isNaN();
    }
  }

  @Test
  void maxPassesOverNaN() {
    for (VectorMath math : new VectorMath[] {new VectorApiMath(), new ScalarMath()}) {
      for (float[] values :
          new float[][] {
            {-3, -2, -5}, {-0f, -1, -2}, {7}, {1, Float.NaN, 2}, {Float.NaN, -1e30f, -1e38f}
          }) {
        float[] tile = VectorMath.tile(values.length);
        Arrays.fill(tile, 100);
        System.arraycopy(values, 0, tile, 0, values.length);
        float expected = Float.NEGATIVE_INFINITY;
        for (float value : values) {
          expected = value > expected ? value : expected;
        }
        assertThat(math.max(tile, 0, values.length)).isEqualTo(expected);
      }
      float[] nothing = VectorMath.tile(1);
      nothing[0] = Float.NaN;
      assertThat(math.max(nothing, 0, 1)).isEqualTo(Float.NEGATIVE_INFINITY);
    }
  }

  @Test
  void softmaxIgnoresWhatIsMaskedAndPassesNaN() {
    for (VectorMath math : new VectorMath[] {new VectorApiMath(), new ScalarMath()}) {
      float[] x = VectorMath.tile(32);
      Arrays.fill(x, Float.NaN);
      Arrays.fill(x, 0, 4, 2);
      assertThat(math.softmax(x, 0, 4, 32)).isCloseTo((float) (2 + Math.log(4)), within(1e-6f));
      assertThat(Arrays.copyOf(x, 4)).containsOnly(0.25f);
      assertThat(Arrays.copyOfRange(x, 4, 32)).containsOnly(0f);
      x[2] = Float.NaN;
      assertThat(math.softmax(x, 0, 4, 32)).isNaN();
    }
  }

  @Test
  void withoutTheModuleTheScalarOneRuns() throws IOException, InterruptedException {
    assertThat(JavaProcess.output(List.of(), ScalarFallback.class))
        .contains("runs ScalarMath: 2.0");
  }

  /** The program of a JVM without jdk.incubator.vector. */
  static final class ScalarFallback {
    private ScalarFallback() {}

    public static void main(String[] arguments) {
      VectorMath math = VectorMath.create();
      float[] one = {1};
      math.add(one, one, 1);
      System.out.println("runs " + math.getClass().getSimpleName() + ": " + one[0]);
    }
  }

  /** Every primitive on fresh arrays from one seed, whose padding is NaN. */
  private static List<double[]> results(VectorMath math, int n) {
    Random random = new Random(n);
    List<double[]> results = new ArrayList<>();
    float[] a = array(0, n, random);
    float[] b = array(0, n, random);
    float[] c = array(0, n, random);
    float[] d = array(0, n, random);
    float[] shiftedA = array(OFFSET, n, random);
    float[] shiftedB = array(OFFSET, n, random);
    float[] shiftedC = array(OFFSET, n, random);
    results.add(scalar(math.dot(a, 0, shiftedA, OFFSET, n)));
    results.add(scalar(math.dot(shiftedA, shiftedB, OFFSET, a, n)));
    results.add(scalar(math.max(shiftedA, OFFSET, n)));
    math.add(a, b, n);
    results.add(values(a, 0, n));
    math.add(shiftedC, OFFSET, b, 0, n);
    math.shift(shiftedC, 0.7f, OFFSET, n);
    results.add(values(shiftedC, OFFSET, n));
    math.mix(shiftedA, shiftedB, 0.3f, shiftedC, OFFSET, n);
    results.add(values(shiftedC, OFFSET, n));
    math.scale(shiftedA, OFFSET, 0.7f, a, shiftedC, n);
    results.add(values(shiftedC, OFFSET, n));
    math.addNormGradient(shiftedA, shiftedB, OFFSET, a, 0.7f, 0.2f, shiftedC, n);
    results.add(values(shiftedC, OFFSET, n));
    math.addProduct(shiftedA, shiftedB, OFFSET, 0.3f, a, n);
    results.add(values(a, 0, n));
    results.add(scalar(math.sumOfExp(shiftedA, OFFSET, n, 0.5f)));
    results.add(scalar(math.exp(shiftedA, shiftedC, OFFSET, n, 0.7f, 0.5f)));
    results.add(values(shiftedC, OFFSET, n));
    math.multiply(shiftedC, 0.3f, OFFSET, n);
    results.add(values(shiftedC, OFFSET, n));
    float[] rectified = array(0, n, random);
    float[] gradient = array(0, n, random);
    math.relu(rectified, n);
    results.add(values(rectified, 0, n));
    math.reluBackward(rectified, gradient, n);
    results.add(values(gradient, 0, n));
    math.swiGlu(a, b, c, n);
    results.add(values(c, 0, n));
    math.swiGluBackward(a, b, c, n);
    results.add(values(b, 0, n));
    results.add(values(c, 0, n));
    results.add(scalar(math.squaredDifference(a, b, 0.1f, n)));
    results.add(values(a, 0, n));
    VectorMath.AdamCoefficients coefficients =
        new VectorMath.AdamCoefficients(0.99f, 0.9f, 0.1f, 0.95f, 0.05f, 0.1f, 2f, 1e-3f);
    squareAll(d, n);
    math.adam(a, b, c, d, n, coefficients);
    for (float[] array : List.of(a, c, d)) {
      results.add(values(array, 0, n));
    }
    addAttention(math, n, random, results);
    return results;
  }

  private static void addAttention(VectorMath math, int n, Random random, List<double[]> results) {
    int length = VectorMath.padded(n) + VectorMath.PADDING;
    float[] row = array(OFFSET, length, random);
    float[] scores = row.clone();
    float[] gradient = array(OFFSET, length, random);
    float logSumExp = math.softmax(row, OFFSET, n, length);
    results.add(scalar(logSumExp));
    results.add(values(row, OFFSET, length));
    float[] logSums = array(0, n, random);
    float[] deltas = array(0, n, random);
    int first = n / 2;
    math.softmaxBackward(scores, gradient, OFFSET, first, n, 0.3f, logSums, deltas);
    results.add(values(scores, OFFSET + first, n - first));
    results.add(values(gradient, OFFSET + first, n - first));
    int half = n;
    float[] heads = Samples.values(OFFSET + 4 * half, 1, random);
    float[] tables = Samples.values(2 * half, 1, random);
    math.rotate(heads, OFFSET, 2, half, tables, tables, half);
    results.add(values(heads, 0, heads.length));
  }

  private static float[] array(int offset, int n, Random random) {
    float[] array = new float[offset + VectorMath.padded(n)];
    Arrays.fill(array, Float.NaN);
    System.arraycopy(Samples.values(n, 2, random), 0, array, offset, n);
    return array;
  }

  private static void squareAll(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] *= x[i];
    }
  }

  private static double[] scalar(double value) {
    return new double[] {value};
  }

  private static double[] values(float[] x, int offset, int n) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = x[offset + i];
    }
    return values;
  }
}
