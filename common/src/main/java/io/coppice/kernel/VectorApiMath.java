package io.coppice.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The primitives on the Vector API.
 *
 * <p>Only {@code fromArray} loads: the buffer variants differ between JDK 17 and 21. Neither {@code
 * lanewise(EXP)} nor {@code reduceLanes(ADD)}: both may change their last bits when compiled. No
 * vector crosses a method of ours, and every operation is spelt out: the compiler must inline the
 * API's own methods but may leave one of ours out, which would then allocate its vectors. So exp is
 * a pass over an array.
 *
 * <p>The API's own max and min keep Java's rules for NaN and −0 with five instructions each; where
 * those do not matter, a comparison and a blend take two, and integers, which are in the order of
 * the floats once the negative ones are flipped, one.
 */
final class VectorApiMath implements VectorMath {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int LANES = SPECIES.length();
  private static final int RUN = 256;
  private static final int SHORT = 8;

  /** Small enough that its exp counts as 0 in any sum. */
  private static final float MASKED = -1e30f;

  private final float[] lanes = new float[LANES];
  private final float[] everywhere = new float[LANES];
  private float[] scratch = new float[0];

  private static VectorSpecies<Float> species() {
    VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
    if (preferred.length() > PADDING) {
      return FloatVector.SPECIES_512;
    }
    return preferred.length() < 4 ? FloatVector.SPECIES_128 : preferred;
  }

  int bits() {
    return SPECIES.vectorBitSize();
  }

  @Override
  public void add(float[] destination, int offset, float[] source, int offsetOfSource, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, destination, offset + i)
          .add(FloatVector.fromArray(SPECIES, source, offsetOfSource + i))
          .intoArray(destination, offset + i);
    }
  }

  @Override
  public void shift(float[] x, float amount, int offset, int n) {
    FloatVector added = FloatVector.broadcast(SPECIES, amount);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector.fromArray(SPECIES, x, i).add(added).intoArray(x, i);
    }
  }

  @Override
  public void mix(float[] a, float[] b, float alpha, float[] destination, int offset, int n) {
    FloatVector factor = FloatVector.broadcast(SPECIES, alpha);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector from = FloatVector.fromArray(SPECIES, a, i);
      FloatVector.fromArray(SPECIES, b, i).sub(from).fma(factor, from).intoArray(destination, i);
    }
  }

  @Override
  public float dot(float[] a, int offsetOfA, float[] b, int offsetOfB, int n) {
    if (n <= SHORT) {
      return shortDot(a, offsetOfA, b, offsetOfB, n);
    }
    clearPadding(a, offsetOfA, n);
    clearPadding(b, offsetOfB, n);
    FloatVector even = FloatVector.zero(SPECIES);
    FloatVector odd = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i < n - LANES; i += 2 * LANES) {
      even =
          FloatVector.fromArray(SPECIES, a, offsetOfA + i)
              .fma(FloatVector.fromArray(SPECIES, b, offsetOfB + i), even);
      odd =
          FloatVector.fromArray(SPECIES, a, offsetOfA + i + LANES)
              .fma(FloatVector.fromArray(SPECIES, b, offsetOfB + i + LANES), odd);
    }
    if (i < n) {
      even =
          FloatVector.fromArray(SPECIES, a, offsetOfA + i)
              .fma(FloatVector.fromArray(SPECIES, b, offsetOfB + i), even);
    }
    even.add(odd).intoArray(lanes, 0);
    return sumOfLanes();
  }

  /** Of few elements, which vectors are not worth their lanes' sum. */
  private static float shortDot(float[] a, int offsetOfA, float[] b, int offsetOfB, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[offsetOfA + i] * b[offsetOfB + i];
    }
    return sum;
  }

  @Override
  public float dot(float[] a, float[] b, int offset, float[] c, int n) {
    clearPadding(a, offset, n);
    clearPadding(b, offset, n);
    clearPadding(c, 0, n);
    FloatVector even = FloatVector.zero(SPECIES);
    FloatVector odd = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i < n - LANES; i += 2 * LANES) {
      even =
          FloatVector.fromArray(SPECIES, a, offset + i)
              .mul(FloatVector.fromArray(SPECIES, b, offset + i))
              .fma(FloatVector.fromArray(SPECIES, c, i), even);
      odd =
          FloatVector.fromArray(SPECIES, a, offset + i + LANES)
              .mul(FloatVector.fromArray(SPECIES, b, offset + i + LANES))
              .fma(FloatVector.fromArray(SPECIES, c, i + LANES), odd);
    }
    if (i < n) {
      even =
          FloatVector.fromArray(SPECIES, a, offset + i)
              .mul(FloatVector.fromArray(SPECIES, b, offset + i))
              .fma(FloatVector.fromArray(SPECIES, c, i), even);
    }
    even.add(odd).intoArray(lanes, 0);
    return sumOfLanes();
  }

  @Override
  public float max(float[] x, int offset, int n) {
    Arrays.fill(x, offset + n, offset + VectorMath.padded(n), Float.NEGATIVE_INFINITY);
    FloatVector max = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector next = FloatVector.fromArray(SPECIES, x, i);
      max = max.blend(next, next.compare(VectorOperators.GT, max));
    }
    IntVector bits = max.reinterpretAsInts();
    int highest =
        bits.lanewise(
                VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).and(Integer.MAX_VALUE))
            .reduceLanes(VectorOperators.MAX);
    return Float.intBitsToFloat(highest ^ (highest >> 31 & Integer.MAX_VALUE));
  }

  @Override
  public float exp(float[] x, float[] destination, int offset, int n, float scale, float shift) {
    if (n < VectorMath.padded(n)) {
      Arrays.fill(x, offset + n, offset + VectorMath.padded(n), MASKED);
    }
    expPass(x, destination, offset, n, scale, everywhere(shift), 0, 0);
    return sumOfLanes();
  }

  /** The shift of all elements, for {@link #expPass}. */
  private float[] everywhere(float shift) {
    Arrays.fill(everywhere, shift);
    return everywhere;
  }

  /**
   * {@code destination = exp(scale · (x − shift))}; leaves the sum in the lanes, with padding.
   *
   * @param shifts one for each element, from {@code first} on, or of {@link #everywhere}
   * @param stride 1 if there is one for each, else 0
   */
  private void expPass(
      float[] x,
      float[] destination,
      int offset,
      int n,
      float scale,
      float[] shifts,
      int first,
      int stride) {
    FloatVector factor = FloatVector.broadcast(SPECIES, scale);
    FloatVector lowest = FloatVector.broadcast(SPECIES, ExpPolynomial.LOWEST);
    FloatVector highest = FloatVector.broadcast(SPECIES, ExpPolynomial.HIGHEST);
    FloatVector rounder = FloatVector.broadcast(SPECIES, ExpPolynomial.ROUNDER);
    FloatVector log2E = FloatVector.broadcast(SPECIES, ExpPolynomial.LOG2_E);
    FloatVector ln2High = FloatVector.broadcast(SPECIES, -ExpPolynomial.LN2_HIGH);
    FloatVector ln2Low = FloatVector.broadcast(SPECIES, -ExpPolynomial.LN2_LOW);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector y =
          FloatVector.fromArray(SPECIES, x, i)
              .sub(FloatVector.fromArray(SPECIES, shifts, first + (i - offset) * stride))
              .mul(factor);
      y = y.blend(lowest, y.compare(VectorOperators.LT, lowest));
      y = y.blend(highest, y.compare(VectorOperators.GT, highest));
      FloatVector shifted = y.fma(log2E, rounder);
      FloatVector k = shifted.sub(rounder);
      FloatVector r = k.fma(ln2Low, k.fma(ln2High, y));
      FloatVector p =
          FloatVector.broadcast(SPECIES, ExpPolynomial.C6)
              .fma(r, FloatVector.broadcast(SPECIES, ExpPolynomial.C5));
      p = p.fma(r, FloatVector.broadcast(SPECIES, ExpPolynomial.C4));
      p = p.fma(r, FloatVector.broadcast(SPECIES, ExpPolynomial.C3));
      p = p.fma(r, FloatVector.broadcast(SPECIES, ExpPolynomial.C2));
      p = p.fma(r, FloatVector.broadcast(SPECIES, ExpPolynomial.C1));
      p = p.fma(r.mul(r), r.add(one));
      IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
      FloatVector e = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
      e.intoArray(destination, i);
      sum = sum.add(e);
    }
    sum.intoArray(lanes, 0);
  }

  @Override
  public float sumOfExp(float[] x, int offset, int n, float shift) {
    reserveScratch(offset + n);
    return exp(x, scratch, offset, n, shift);
  }

  @Override
  public void multiply(float[] x, float factor, int offset, int n) {
    FloatVector scale = FloatVector.broadcast(SPECIES, factor);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector.fromArray(SPECIES, x, i).mul(scale).intoArray(x, i);
    }
  }

  @Override
  public void softmaxBackward(
      float[] scores,
      float[] gradient,
      int offset,
      int first,
      int n,
      float scale,
      float[] shifts,
      float[] delta) {
    int start = first & -LANES;
    FloatVector factor = FloatVector.broadcast(SPECIES, scale);
    expPass(scores, scores, offset + start, n - start, scale, shifts, start, 1);
    for (int i = start; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, scores, offset + i)
          .mul(factor)
          .mul(
              FloatVector.fromArray(SPECIES, gradient, offset + i)
                  .sub(FloatVector.fromArray(SPECIES, delta, i)))
          .intoArray(gradient, offset + i);
    }
  }

  @Override
  public void scale(float[] x, int offset, float scale, float[] weight, float[] output, int n) {
    FloatVector factor = FloatVector.broadcast(SPECIES, scale);
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, x, offset + i)
          .mul(factor)
          .mul(FloatVector.fromArray(SPECIES, weight, i))
          .intoArray(output, offset + i);
    }
  }

  @Override
  public void addNormGradient(
      float[] x,
      float[] outputGradient,
      int offset,
      float[] weight,
      float r,
      float c,
      float[] inputGradient,
      int n) {
    FloatVector scale = FloatVector.broadcast(SPECIES, r);
    FloatVector minusC = FloatVector.broadcast(SPECIES, -c);
    for (int i = 0; i < n; i += LANES) {
      int j = offset + i;
      FloatVector sum =
          FloatVector.fromArray(SPECIES, outputGradient, j)
              .mul(scale)
              .fma(
                  FloatVector.fromArray(SPECIES, weight, i),
                  FloatVector.fromArray(SPECIES, inputGradient, j));
      FloatVector.fromArray(SPECIES, x, j).fma(minusC, sum).intoArray(inputGradient, j);
    }
  }

  @Override
  public void addProduct(float[] a, float[] b, int offset, float scale, float[] sum, int n) {
    FloatVector factor = FloatVector.broadcast(SPECIES, scale);
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, a, offset + i)
          .mul(factor)
          .fma(
              FloatVector.fromArray(SPECIES, b, offset + i), FloatVector.fromArray(SPECIES, sum, i))
          .intoArray(sum, i);
    }
  }

  @Override
  public void rotate(
      float[] x, int offset, int heads, int half, float[] cos, float[] sin, int tableOffset) {
    int vectorised = half - half % LANES;
    for (int head = 0; head < heads; head++) {
      int first = offset + 2 * half * head;
      int second = first + half;
      for (int i = 0; i < vectorised; i += LANES) {
        FloatVector x1 = FloatVector.fromArray(SPECIES, x, first + i);
        FloatVector x2 = FloatVector.fromArray(SPECIES, x, second + i);
        FloatVector c = FloatVector.fromArray(SPECIES, cos, tableOffset + i);
        FloatVector s = FloatVector.fromArray(SPECIES, sin, tableOffset + i);
        x1.mul(c).sub(x2.mul(s)).intoArray(x, first + i);
        x2.mul(c).add(x1.mul(s)).intoArray(x, second + i);
      }
      for (int i = vectorised; i < half; i++) {
        float x1 = x[first + i];
        float x2 = x[second + i];
        float c = cos[tableOffset + i];
        float s = sin[tableOffset + i];
        x[first + i] = x1 * c - x2 * s;
        x[second + i] = x2 * c + x1 * s;
      }
    }
  }

  @Override
  public void relu(float[] x, int n) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, x, i).max(zero).intoArray(x, i);
    }
  }

  @Override
  public void reluBackward(float[] output, float[] gradient, int n) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, gradient, i)
          .blend(zero, FloatVector.fromArray(SPECIES, output, i).eq(zero))
          .intoArray(gradient, i);
    }
  }

  @Override
  public void swiGlu(float[] gate, float[] up, float[] output, int n) {
    expPass(gate, output, 0, n, -1, everywhere(0), 0, 0);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(SPECIES, gate, i)
          .mul(FloatVector.fromArray(SPECIES, up, i))
          .div(FloatVector.fromArray(SPECIES, output, i).add(one))
          .intoArray(output, i);
    }
  }

  @Override
  public void swiGluBackward(float[] gate, float[] up, float[] outputGradient, int n) {
    reserveScratch(n);
    expPass(gate, scratch, 0, n, -1, everywhere(0), 0, 0);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    for (int i = 0; i < n; i += LANES) {
      FloatVector sigmoid = one.div(FloatVector.fromArray(SPECIES, scratch, i).add(one));
      FloatVector silu = FloatVector.fromArray(SPECIES, gate, i).mul(sigmoid);
      // silu' = σ + x σ (1 − σ) = σ + silu (1 − σ)
      FloatVector slope =
          one.sub(sigmoid).fma(silu, sigmoid).mul(FloatVector.fromArray(SPECIES, up, i));
      FloatVector.fromArray(SPECIES, outputGradient, i).mul(silu).intoArray(up, i);
      FloatVector.fromArray(SPECIES, outputGradient, i).mul(slope).intoArray(outputGradient, i);
    }
  }

  @Override
  public double squaredDifference(float[] a, float[] b, float factor, int n) {
    clearPadding(a, 0, n);
    clearPadding(b, 0, n);
    FloatVector scale = FloatVector.broadcast(SPECIES, factor);
    double total = 0;
    for (int start = 0; start < n; start += RUN) {
      FloatVector sum = FloatVector.zero(SPECIES);
      int end = Math.min(n, start + RUN);
      for (int i = start; i < end; i += LANES) {
        FloatVector difference =
            FloatVector.fromArray(SPECIES, a, i).sub(FloatVector.fromArray(SPECIES, b, i));
        sum = difference.fma(difference, sum);
        difference.mul(scale).intoArray(a, i);
      }
      sum.intoArray(lanes, 0);
      total += sumOfLanes();
    }
    return total;
  }

  @Override
  public void adam(
      float[] weight,
      float[] gradient,
      float[] firstMoment,
      float[] secondMoment,
      int n,
      AdamCoefficients k) {
    FloatVector decay = FloatVector.broadcast(SPECIES, k.decay());
    FloatVector beta1 = FloatVector.broadcast(SPECIES, k.beta1());
    FloatVector newShare1 = FloatVector.broadcast(SPECIES, k.newShare1());
    FloatVector beta2 = FloatVector.broadcast(SPECIES, k.beta2());
    FloatVector newShare2 = FloatVector.broadcast(SPECIES, k.newShare2());
    FloatVector stepSize = FloatVector.broadcast(SPECIES, k.stepSize());
    FloatVector scale = FloatVector.broadcast(SPECIES, k.secondMomentScale());
    FloatVector epsilon = FloatVector.broadcast(SPECIES, k.epsilon());
    for (int i = 0; i < n; i += LANES) {
      FloatVector g = FloatVector.fromArray(SPECIES, gradient, i);
      FloatVector m =
          FloatVector.fromArray(SPECIES, firstMoment, i).mul(beta1).add(g.mul(newShare1));
      FloatVector v =
          FloatVector.fromArray(SPECIES, secondMoment, i).mul(beta2).add(g.mul(newShare2).mul(g));
      m.intoArray(firstMoment, i);
      v.intoArray(secondMoment, i);
      FloatVector denominator = v.lanewise(VectorOperators.SQRT).mul(scale).add(epsilon);
      FloatVector.fromArray(SPECIES, weight, i)
          .mul(decay)
          .sub(stepSize.mul(m).div(denominator))
          .intoArray(weight, i);
    }
  }

  private void reserveScratch(int n) {
    if (scratch.length < n + PADDING) {
      scratch = VectorMath.tile(n + PADDING);
    }
  }

  private float sumOfLanes() {
    float s0 = lanes[0];
    float s1 = lanes[1];
    float s2 = lanes[2];
    float s3 = lanes[3];
    for (int lane = 4; lane < LANES; lane += 4) {
      s0 += lanes[lane];
      s1 += lanes[lane + 1];
      s2 += lanes[lane + 2];
      s3 += lanes[lane + 3];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static void clearPadding(float[] x, int offset, int n) {
    Arrays.fill(x, offset + n, offset + VectorMath.padded(n), 0);
  }
}
