package io.coppice.kernel;

import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The element-wise and row-wise primitives under the kernels, on {@code float[]} tiles.
 *
 * <p><b>Padding.</b> Tiles are made by {@link #tile}: lengths are rounded up to a multiple of
 * {@link #PADDING}. A method that is given {@code n} elements from {@code offset} on may read and
 * overwrite elements up to {@code offset + padded(n)} of every array, so that it needs no scalar
 * tail; what is there is never part of a result.
 *
 * <p><b>Order.</b> Sums are kept in lanes and the lanes added in a fixed order, exp is a polynomial
 * of multiplications and additions, so results do not change when the code gets compiled.
 */
public sealed interface VectorMath permits ScalarMath, VectorApiMath {
  /** Tiles are whole multiples of this many elements; every vector length in use divides it. */
  int PADDING = 16;

  /**
   * An instance for one task: on the Vector API if this JVM has the module, else scalar; the first
   * call logs which.
   */
  static VectorMath create() {
    return Choice.VECTOR_API ? new VectorApiMath() : new ScalarMath();
  }

  /** {@code n} rounded up to a multiple of {@link #PADDING}. */
  static int padded(int n) {
    return Math.addExact(n, PADDING - 1) & -PADDING;
  }

  /** A zeroed tile that holds {@code n} elements and their padding. */
  static float[] tile(int n) {
    return new float[padded(n)];
  }

  /** {@code destination += source}. */
  default void add(float[] destination, float[] source, int n) {
    add(destination, 0, source, 0, n);
  }

  /** {@code destination += source}, each from its own offset on. */
  void add(float[] destination, int offset, float[] source, int offsetOfSource, int n);

  /** {@code x += amount}. */
  void shift(float[] x, float amount, int offset, int n);

  /** {@code destination = a + alpha · (b − a)}. */
  void mix(float[] a, float[] b, float alpha, float[] destination, int offset, int n);

  /** The sum of a · b. */
  float dot(float[] a, int offsetOfA, float[] b, int offsetOfB, int n);

  /** The sum of a · b · c, where a and b start at {@code offset} and c at 0. */
  float dot(float[] a, float[] b, int offset, float[] c, int n);

  /** The greatest of {@code n} ≥ 1 elements, NaN passed over; −∞ if there is nothing else. */
  float max(float[] x, int offset, int n);

  /** {@link #exp(float[], float[], int, int, float, float)} with a scale of 1. */
  default float exp(float[] x, float[] destination, int offset, int n, float shift) {
    return exp(x, destination, offset, n, 1, shift);
  }

  /**
   * {@code destination = exp(scale · (x − shift))}, both from {@code offset} on; destination may be
   * x.
   *
   * @param scale not negative
   * @return the sum of the {@code n} results
   */
  float exp(float[] x, float[] destination, int offset, int n, float scale, float shift);

  /** The sum of exp(x − shift); leaves x as it is. */
  float sumOfExp(float[] x, int offset, int n, float shift);

  /** {@code x *= factor}. */
  void multiply(float[] x, float factor, int offset, int n);

  /**
   * Softmax, in place, of the first {@code valid} ≥ 1 of {@code length} elements; the others become
   * 0. {@code length} is a multiple of {@link #PADDING}.
   *
   * @return log of the sum of exp over the valid elements
   */
  default float softmax(float[] x, int offset, int valid, int length) {
    float max = max(x, offset, valid);
    float sum = exp(x, x, offset, valid, max);
    multiply(x, 1 / sum, offset, valid);
    Arrays.fill(x, offset + valid, offset + length, 0);
    return max + (float) Math.log(sum);
  }

  /**
   * The backward of softmax for what one key scores with queries {@code first} ≥ 0 to {@code n} −
   * 1: {@code scores} become the probabilities {@code p = exp(scale · (scores − shift))}, {@code
   * gradient} (of the probabilities) becomes that of the scores, {@code scale · p · (gradient −
   * delta)}. The shift is the log-sum-exp of a query's scaled scores ÷ scale. Query 0 is at {@code
   * offset} in both, and at 0 in what belongs to queries; up to {@link #PADDING} − 1 elements
   * before {@code first} may be overwritten.
   */
  void softmaxBackward(
      float[] scores,
      float[] gradient,
      int offset,
      int first,
      int n,
      float scale,
      float[] shifts,
      float[] delta);

  /** {@code output = x · scale · weight}; x and output start at {@code offset}, weight at 0. */
  void scale(float[] x, int offset, float scale, float[] weight, float[] output, int n);

  /**
   * One row of the backward of a norm: {@code inputGradient += r · weight · outputGradient − c ·
   * x}. All start at {@code offset} but the weight, which starts at 0.
   */
  void addNormGradient(
      float[] x,
      float[] outputGradient,
      int offset,
      float[] weight,
      float r,
      float c,
      float[] inputGradient,
      int n);

  /** {@code sum += scale · a · b}; a and b start at {@code offset}, sum at 0. */
  void addProduct(float[] a, float[] b, int offset, float scale, float[] sum, int n);

  /**
   * Rotates {@code heads} adjacent heads of {@code 2 · half} elements: (x₁, x₂) becomes (x₁ cos −
   * x₂ sin, x₂ cos + x₁ sin). Touches no padding.
   */
  void rotate(
      float[] x, int offset, int heads, int half, float[] cos, float[] sin, int tableOffset);

  /** {@code x = max(x, 0)}; NaN stays. */
  void relu(float[] x, int n);

  /** The backward of {@link #relu}: {@code gradient} becomes 0 where {@code output} is. */
  void reluBackward(float[] output, float[] gradient, int n);

  /** {@code output = silu(gate) · up}, silu(x) = x / (1 + exp(−x)); output is neither input. */
  void swiGlu(float[] gate, float[] up, float[] output, int n);

  /**
   * The backward of {@link #swiGlu}: {@code outputGradient} becomes the gradient of the gate,
   * {@code up} that of up.
   */
  void swiGluBackward(float[] gate, float[] up, float[] outputGradient, int n);

  /**
   * The sum of (a − b)²; {@code a} becomes {@code factor · (a − b)}. Differences and squares are
   * float32, added in float32 over short runs, the runs in double.
   */
  double squaredDifference(float[] a, float[] b, float factor, int n);

  /**
   * One AdamW step of {@code n} weights and their moments, as PyTorch does it: {@code weight ·=
   * decay; m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; weight −= stepSize · m / (√v · vScale +
   * ε)}.
   */
  void adam(
      float[] weight,
      float[] gradient,
      float[] firstMoment,
      float[] secondMoment,
      int n,
      AdamCoefficients coefficients);

  /**
   * The scalars of one {@link #adam} step.
   *
   * @param decay 1 − learning rate · weight decay
   * @param beta1 share of the first moment that stays
   * @param newShare1 1 − β₁, rounded from double
   * @param beta2 share of the second moment that stays
   * @param newShare2 1 − β₂, rounded from double
   * @param stepSize learning rate ÷ (1 − β₁ᵗ)
   * @param secondMomentScale 1 ÷ √(1 − β₂ᵗ)
   * @param epsilon ε
   */
  record AdamCoefficients(
      float decay,
      float beta1,
      float newShare1,
      float beta2,
      float newShare2,
      float stepSize,
      float secondMomentScale,
      float epsilon) {}

  /** Decides once per process. */
  final class Choice {
    private static final Logger LOG = LoggerFactory.getLogger(VectorMath.class);
    private static final boolean VECTOR_API = vectorApiWorks();

    private Choice() {}

    private static boolean vectorApiWorks() {
      if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
        try {
          LOG.info("Element-wise kernels: Vector API, {} bits", new VectorApiMath().bits());
          return true;
        } catch (LinkageError e) {
          LOG.warn("The module jdk.incubator.vector does not work here: {}", e.toString());
        }
      }
      LOG.warn(
          "Element-wise kernels: SCALAR, several times slower. Give the JVM (driver and executors)"
              + " --add-modules=jdk.incubator.vector.");
      return false;
    }
  }
}
