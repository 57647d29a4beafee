package io.coppice.kernel;

import static io.coppice.kernel.Close.assertClose;
import static io.coppice.kernel.Samples.assertGradient;
import static io.coppice.kernel.Samples.dot;
import static io.coppice.kernel.Samples.tensor;
import static io.coppice.kernel.Samples.wide;
import static io.coppice.kernel.Samples.zero;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every kernel against its plain double twin, and its backward against central differences. */
class KernelTwinTest {
  private final Arena arena = Arena.unbounded("test");
  private final Random random = new Random(7);

  @AfterEach
  void close() {
    arena.close();
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "3,16,0", "70,64,0", "5,37,3", "3,4100,0", "300,24,0"})
  void rmsNorm(int rows, int width, int gap) {
    Tensor x = tensor(rows, width, gap, random, arena);
    Tensor weight = tensor(1, width, 0, random, arena);
    Tensor y = zero(rows, width, gap, arena);
    Tensor reciprocalRms = arena.vector(rows);
    RmsNorm norm = new RmsNorm(width, 1e-3f, KernelPool.single());
    norm.forward(x, weight, y, reciprocalRms);
    double[] input = wide(x);
    double[] w = wide(weight);
    assertClose("output", y.toArray(), Naive.rmsNorm(input, w, 1e-3f), 3e-6);

    Tensor dy = tensor(rows, width, gap, random, arena);
    double[] upstream = wide(dy);
    Tensor dx = zero(rows, width, gap, arena);
    Tensor dw = zero(1, width, 0, arena);
    norm.backward(x, weight, reciprocalRms, dy, dx, dw);
    assertGradient("dx", dx, input, at -> dot(upstream, Naive.rmsNorm(at, w, 1e-3f)));
    assertGradient("dw", dw, w, at -> dot(upstream, Naive.rmsNorm(input, at, 1e-3f)));

    float[] once = dx.toArray();
    float[] weightOnce = dw.toArray();
    norm.backward(x, weight, reciprocalRms, dy, dx, dw);
    assertClose("added twice", dx.toArray(), doubled(once), 1e-5);
    assertClose("added twice", dw.toArray(), doubled(weightOnce), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"1,2,0", "3,16,0", "70,64,0", "5,37,3", "3,4100,0", "300,24,0"})
  void layerNorm(int rows, int width, int gap) {
    Tensor x = tensor(rows, width, gap, random, arena);
    Tensor weight = tensor(1, width, 0, random, arena);
    Tensor bias = tensor(1, width, 0, random, arena);
    Tensor y = zero(rows, width, gap, arena);
    Tensor statistics = arena.tensor(2, rows);
    LayerNorm norm = new LayerNorm(width, 1e-2f, KernelPool.single());
    norm.forward(x, weight, bias, y, statistics);
    double[] input = wide(x);
    double[] w = wide(weight);
    double[] b = wide(bias);
    assertClose("output", y.toArray(), Naive.layerNorm(input, w, b, 1e-2f), 3e-6);

    Tensor dy = tensor(rows, width, gap, random, arena);
    double[] upstream = wide(dy);
    Tensor dx = zero(rows, width, gap, arena);
    Tensor dw = zero(1, width, 0, arena);
    Tensor db = zero(1, width, 0, arena);
    norm.backward(x, weight, statistics, dy, dx, dw, db);
    assertGradient("dx", dx, input, at -> dot(upstream, Naive.layerNorm(at, w, b, 1e-2f)));
    assertGradient("dw", dw, w, at -> dot(upstream, Naive.layerNorm(input, at, b, 1e-2f)));
    assertGradient("db", db, b, at -> dot(upstream, Naive.layerNorm(input, w, at, 1e-2f)));

    float[] once = dx.toArray();
    float[] weightOnce = dw.toArray();
    float[] biasOnce = db.toArray();
    norm.backward(x, weight, statistics, dy, dx, dw, db);
    assertClose("added twice", dx.toArray(), doubled(once), 1e-5);
    assertClose("added twice", dw.toArray(), doubled(weightOnce), 1e-5);
    assertClose("added twice", db.toArray(), doubled(biasOnce), 1e-5);
  }

  @Test
  void layerNormHoldsWhereTheMeanIsFarFromZero() {
    Tensor x = tensor(4, 64, 0, random, arena);
    for (int j = 0; j < 64; j++) {
      x.set(2, j, x.get(2, j) + 1000);
    }
    Tensor weight = tensor(1, 64, 0, random, arena);
    double[] expected = Naive.layerNorm(wide(x), wide(weight), wide(weight), 1e-5f);
    new LayerNorm(64, 1e-5f, KernelPool.single()).forward(x, weight, weight, x, arena.tensor(2, 4));
    assertClose("output", x.toArray(), expected, 2e-4);
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "3,19,0", "9,172,0", "5,30,3", "2,5000,0"})
  void relu(int rows, int width, int gap) {
    Tensor x = tensor(rows, width, gap, random, arena);
    double[] input = wide(x);
    Relu relu = new Relu(KernelPool.single());
    relu.forward(x);
    assertClose("output", x.toArray(), Naive.relu(input), 0);

    Tensor gradient = tensor(rows, width, gap, random, arena);
    double[] upstream = wide(gradient);
    relu.backward(x, gradient);
    assertGradient("dx", gradient, input, at -> dot(upstream, Naive.relu(at)));
  }

  @Test
  void reluPassesNaNAndHasNoSlopeAtZero() {
    Tensor x = arena.vector(4);
    x.fill(new float[] {Float.NaN, 0, -0f, -1});
    Tensor gradient = arena.vector(4);
    gradient.fill(new float[] {1, 1, 1, 1});
    new Relu(KernelPool.single()).forward(x);
    assertThat(x.get(0, 0)).isNaN();
    assertThat(x.get(0, 3)).isZero();
    new Relu(KernelPool.single()).backward(x, gradient);
    assertThat(gradient.toArray()).containsExactly(1, 0, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "3,19,0", "9,172,0", "5,30,3", "2,5000,0"})
  void swiGlu(int rows, int width, int gap) {
    Tensor gate = tensor(rows, width, gap, random, arena);
    Tensor up = tensor(rows, width, gap, random, arena);
    Tensor y = zero(rows, width, gap, arena);
    SwiGlu swiGlu = new SwiGlu(KernelPool.single());
    swiGlu.forward(gate, up, y);
    double[] g = wide(gate);
    double[] u = wide(up);
    assertClose("output", y.toArray(), Naive.swiGlu(g, u), 1e-6);

    Tensor dy = tensor(rows, width, gap, random, arena);
    double[] upstream = wide(dy);
    Tensor gateGradient = zero(rows, width, gap, arena);
    swiGlu.backward(gate, up, dy, gateGradient, dy);
    assertGradient("dGate", gateGradient, g, at -> dot(upstream, Naive.swiGlu(at, u)));
    assertGradient("dUp", dy, u, at -> dot(upstream, Naive.swiGlu(g, at)));
  }

  @Test
  void swiGluHoldsAtTheEndsAndPassesNaN() {
    Tensor gate = arena.vector(5);
    gate.fill(new float[] {-1e30f, -100, 0, 100, Float.NaN});
    Tensor up = arena.vector(5);
    up.fill(new float[] {1, 1, 1, 1, 1});
    new SwiGlu(KernelPool.single()).forward(gate, up, gate);
    float[] y = gate.toArray();
    assertThat(y[0]).isBetween(-1e-6f, 0f);
    assertThat(y[1]).isBetween(-1e-30f, 0f);
    assertThat(y[2]).isZero();
    assertThat(y[3]).isEqualTo(100);
    assertThat(y[4]).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"8,8,2,5,0", "64,2,1,33,0", "128,3,2,7,3", "40,1,1,9,0", "128,40,1,2,0"})
  void rotary(int headSize, int heads, int sequences, int length, int gap) {
    int width = heads * headSize;
    Tensor x = tensor(sequences * length, width, gap, random, arena);
    double[] input = wide(x);
    RotaryEmbedding rotary =
        new RotaryEmbedding(
            headSize,
            length + 3,
            RotaryEmbedding.inverseFrequencies(headSize, 10000),
            KernelPool.single());
    rotary.forward(x, length);
    double[] expected = Naive.rotary(input, width, headSize, length, 10000);
    assertClose("output", x.toArray(), expected, 1e-5);
    rotary.backward(x, length);
    assertClose("turned back", x.toArray(), input, 1e-6);
  }

  @Test
  void rotaryAtOnePositionIsThatRowOfASequence() {
    Tensor sequence = tensor(9, 3 * 24, 0, random, arena);
    Tensor tokens = arena.tensor(2, 3 * 24);
    RotaryEmbedding rotary =
        new RotaryEmbedding(
            24, 9, RotaryEmbedding.inverseFrequencies(24, 10000), KernelPool.single());
    for (int i = 0; i < tokens.rows(); i++) {
      tokens.rows(i, 1).copyFrom(sequence.rows(6, 1));
    }
    rotary.forwardAt(tokens, 6);
    rotary.forward(sequence, 9);
    for (int i = 0; i < tokens.rows(); i++) {
      assertThat(tokens.rows(i, 1).toArray()).isEqualTo(sequence.rows(6, 1).toArray());
    }
    assertThatThrownBy(() -> rotary.forwardAt(tokens, 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 9");
  }

  @Test
  void rotaryRefusesMorePositionsThanItsTable() {
    RotaryEmbedding rotary =
        new RotaryEmbedding(
            8, 4, RotaryEmbedding.inverseFrequencies(8, 10000), KernelPool.single());
    assertThatThrownBy(() -> rotary.forward(arena.tensor(5, 8), 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 4");
  }

  @ParameterizedTest
  @CsvSource({"1,3,0", "7,100,0", "4,259,5", "2,32003,0"})
  void crossEntropy(int rows, int vocabulary, int gap) {
    Tensor logits = tensor(rows, vocabulary, gap, random, arena);
    int[] targets = random.ints(rows, 0, vocabulary).toArray();
    if (rows > 2) {
      targets[1] = CrossEntropy.IGNORED;
    }
    double[] at = wide(logits);
    CrossEntropy entropy = new CrossEntropy(vocabulary);
    double expected = Naive.crossEntropy(at, targets);
    assertThat(entropy.loss(logits, targets)).isCloseTo(expected, within(1e-5));
    assertThat(entropy.lossAndGradient(logits, targets, 0.5)).isCloseTo(expected, within(1e-5));
    assertGradient("gradient", logits, at, l -> 2 * Naive.crossEntropy(l, targets));
  }

  @ParameterizedTest
  @CsvSource({"1,3,0", "7,100,0", "4,259,5", "40,2048,0", "2,32003,0"})
  void sampledCrossEntropy(int rows, int vocabulary, int gap) {
    Tensor logits = tensor(rows, vocabulary, gap, random, arena);
    double[] points = random.doubles(rows + 2).toArray();
    points[2] = 0;
    points[rows + 1] = Math.nextDown(1.0);
    double[] at = wide(logits);
    int[] labels = new int[rows];
    for (int row = 0; row < rows; row++) {
      labels[row] = Naive.label(at, row * vocabulary, vocabulary, points[row + 2]);
    }
    assertThat(labels[0]).isEqualTo(rows == 1 ? vocabulary - 1 : 0);
    assertThat(labels[rows - 1]).isEqualTo(vocabulary - 1);
    new SampledCrossEntropy(vocabulary, KernelPool.single()).gradient(logits, points, 2);
    assertGradient("gradient", logits, at, l -> Naive.crossEntropy(l, labels));
  }

  @ParameterizedTest
  @CsvSource({"1,3,0", "7,100,0", "4,259,5", "40,2048,0", "3,2049,1", "2,32003,0"})
  void kullbackLeibler(int rows, int vocabulary, int gap) {
    Tensor target = tensor(rows, vocabulary, gap, random, arena);
    Tensor logits = tensor(rows, vocabulary, gap, random, arena);
    // In the first tile or in a later one, the greatest logit of both.
    target.set(0, vocabulary - 1, 9);
    logits.set(rows - 1, vocabulary / 2, 11);
    double[] p = wide(target);
    double[] at = wide(logits);
    double expected = Naive.kullbackLeibler(p, at, rows);
    KullbackLeibler divergence = new KullbackLeibler(KernelPool.single());
    assertThat(divergence.loss(target, logits)).isCloseTo(expected, within(2e-6 * expected));
    assertThat(wide(logits)).isEqualTo(at);
    assertThat(divergence.lossAndGradient(target, logits, 0.5))
        .isCloseTo(expected, within(2e-6 * expected));
    assertGradient("gradient", logits, at, z -> 2 * Naive.kullbackLeibler(p, z, rows));
    assertThat(wide(target)).isEqualTo(p);
  }

  @Test
  void equalDistributionsDoNotDiverge() {
    Tensor logits = tensor(3, 5000, 0, random, arena);
    Tensor same = arena.tensor(3, 5000);
    same.copyFrom(logits);
    KullbackLeibler divergence = new KullbackLeibler(KernelPool.single());
    assertThat(divergence.lossAndGradient(logits, same, 1)).isZero();
    assertThat(same.toArray()).containsOnly(0);
    same.copyFrom(logits);
    same.set(1, 7, Float.NaN);
    assertThat(divergence.loss(logits, same)).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "40,64,0", "3,37,2", "3,5000,0"})
  void meanSquaredError(int rows, int width, int gap) {
    Tensor prediction = tensor(rows, width, gap, random, arena);
    Tensor target = tensor(rows, width, gap, random, arena);
    double[] p = wide(prediction);
    double[] t = wide(target);
    double sum = squaredDistance(p, t);
    MeanSquaredError error = new MeanSquaredError(KernelPool.single());
    assertThat(error.loss(prediction, target)).isCloseTo(sum / p.length, within(1e-6));
    Tensor gradient = zero(rows, width, gap, arena);
    assertThat(error.lossAndGradient(prediction, target, 7, gradient))
        .isCloseTo(sum, within(1e-6 * sum));
    assertGradient("gradient", gradient, p, at -> squaredDistance(at, t) / 7);
  }

  @ParameterizedTest
  @CsvSource({"1,1,0", "40,64,0", "6,37,2", "4,5000,0"})
  void elementwise(int rows, int width, int gap) {
    Tensor a = tensor(rows, width, gap, random, arena);
    Tensor b = tensor(rows, width, gap, random, arena);
    Tensor sum = zero(rows, width, gap, arena);
    Elementwise elementwise = new Elementwise(KernelPool.single());
    sum.copyFrom(a);
    elementwise.add(sum, b);
    Tensor mixed = zero(rows, width, gap, arena);
    int run = rows % 2 == 0 ? rows / 2 : rows;
    float[] alphas = rows % 2 == 0 ? new float[] {0.25f, 0.75f} : new float[] {0.25f};
    elementwise.mix(a, b, alphas, run, mixed);
    Tensor row = tensor(1, width, 0, random, arena);
    Tensor biased = zero(rows, width, gap, arena);
    biased.copyFrom(a);
    elementwise.addToRows(biased, row);
    Tensor rowSum = zero(1, width, 0, arena);
    elementwise.addRowSum(a, rowSum);
    for (int j = 0; j < width; j++) {
      double column = 0;
      for (int i = 0; i < rows; i++) {
        float from = a.get(i, j);
        float to = b.get(i, j);
        column += from;
        assertThat(sum.get(i, j)).isEqualTo(from + to);
        assertThat(mixed.get(i, j)).isCloseTo(from + alphas[i / run] * (to - from), within(1e-6f));
        assertThat(biased.get(i, j)).isEqualTo(from + row.get(0, j));
      }
      assertThat((double) rowSum.get(0, j)).isCloseTo(column, within(1e-5));
    }
  }

  @Test
  void mixingRefusesFactorsThatDoNotCoverTheRows() {
    Tensor a = arena.tensor(6, 2);
    assertThatThrownBy(() -> new Elementwise(KernelPool.single()).mix(a, a, new float[2], 2, a))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 factors for 2 rows");
  }

  private static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
  }

  private static double[] doubled(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = 2.0 * values[i];
    }
    return result;
  }
}
