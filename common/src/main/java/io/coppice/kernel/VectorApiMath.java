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
 * lanewise(EXP)} nor {@code reduceLanes(ADD)}: both may change their last bits when compiled.
 */
final class VectorApiMath implements VectorMath {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int LANES = SPECIES.length();
  private static final int RUN = 256;

  /** Small enough that its exp counts as 0 in any sum. */
  private static final float MASKED = -1e30f;

  private final float[] lanes = new float[LANES];

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
  public void add(float[] destination, float[] source, int n) {
    for (int i = 0; i < n; i += LANES) {
      load(destination, i).add(load(source, i)).intoArray(destination, i);
    }
  }

  @Override
  public void mix(float[] a, float[] b, float alpha, float[] destination, int offset, int n) {
    FloatVector factor = broadcast(alpha);
    for (int i = offset; i < offset + n; i += LANES) {
      FloatVector from = load(a, i);
      load(b, i).sub(from).fma(factor, from).intoArray(destination, i);
    }
  }

  @Override
  public float dot(float[] a, int offsetOfA, float[] b, int offsetOfB, int n) {
    clearPadding(a, offsetOfA, n);
    clearPadding(b, offsetOfB, n);
    FloatVector even = zero();
    FloatVector odd = zero();
    int i = 0;
    for (; i < n - LANES; i += 2 * LANES) {
      even = load(a, offsetOfA + i).fma(load(b, offsetOfB + i), even);
      odd = load(a, offsetOfA + i + LANES).fma(load(b, offsetOfB + i + LANES), odd);
    }
    if (i < n) {
      even = load(a, offsetOfA + i).fma(load(b, offsetOfB + i), even);
    }
    return sum(even.add(odd));
  }

  @Override
  public float dot(float[] a, float[] b, int offset, float[] c, int n) {
    clearPadding(a, offset, n);
    clearPadding(b, offset, n);
    clearPadding(c, 0, n);
    FloatVector even = zero();
    FloatVector odd = zero();
    int i = 0;
    for (; i < n - LANES; i += 2 * LANES) {
      even = load(a, offset + i).mul(load(b, offset + i)).fma(load(c, i), even);
      odd =
          load(a, offset + i + LANES).mul(load(b, offset + i + LANES)).fma(load(c, i + LANES), odd);
    }
    if (i < n) {
      even = load(a, offset + i).mul(load(b, offset + i)).fma(load(c, i), even);
    }
    return sum(even.add(odd));
  }

  @Override
  public float max(float[] x, int offset, int n) {
    Arrays.fill(x, offset + n, offset + VectorMath.padded(n), Float.NEGATIVE_INFINITY);
    FloatVector max = broadcast(Float.NEGATIVE_INFINITY);
    for (int i = offset; i < offset + n; i += LANES) {
      max = max.max(load(x, i));
    }
    max.intoArray(lanes, 0);
    float greatest = lanes[0];
    for (int lane = 1; lane < LANES; lane++) {
      greatest = Math.max(greatest, lanes[lane]);
    }
    return greatest;
  }

  @Override
  public float sumOfExp(float[] x, int offset, int n, float shift) {
    Arrays.fill(x, offset + n, offset + VectorMath.padded(n), MASKED);
    FloatVector subtracted = broadcast(shift);
    FloatVector sum = zero();
    for (int i = offset; i < offset + n; i += LANES) {
      sum = sum.add(exp(load(x, i).sub(subtracted)));
    }
    return sum(sum);
  }

  @Override
  public void scaledExp(float[] x, int offset, int n, float shift, float factor) {
    FloatVector subtracted = broadcast(shift);
    FloatVector scale = broadcast(factor);
    for (int i = offset; i < offset + n; i += LANES) {
      exp(load(x, i).sub(subtracted)).mul(scale).intoArray(x, i);
    }
  }

  @Override
  public float softmax(float[] x, int offset, int valid, int length) {
    float max = max(x, offset, valid);
    Arrays.fill(x, offset + valid, offset + VectorMath.padded(valid), MASKED);
    FloatVector subtracted = broadcast(max);
    FloatVector lanesOfSum = zero();
    for (int i = offset; i < offset + valid; i += LANES) {
      FloatVector e = exp(load(x, i).sub(subtracted));
      e.intoArray(x, i);
      lanesOfSum = lanesOfSum.add(e);
    }
    float sum = sum(lanesOfSum);
    FloatVector factor = broadcast(1 / sum);
    for (int i = offset; i < offset + valid; i += LANES) {
      load(x, i).mul(factor).intoArray(x, i);
    }
    Arrays.fill(x, offset + valid, offset + length, 0);
    return max + (float) Math.log(sum);
  }

  @Override
  public void softmaxBackward(
      float[] scores,
      float[] gradient,
      int offset,
      int valid,
      int length,
      float logSumExp,
      float delta) {
    FloatVector subtracted = broadcast(logSumExp);
    FloatVector mean = broadcast(delta);
    for (int i = offset; i < offset + valid; i += LANES) {
      FloatVector p = exp(load(scores, i).sub(subtracted));
      p.intoArray(scores, i);
      p.mul(load(gradient, i).sub(mean)).intoArray(gradient, i);
    }
    Arrays.fill(scores, offset + valid, offset + length, 0);
    Arrays.fill(gradient, offset + valid, offset + length, 0);
  }

  @Override
  public void scale(float[] x, int offset, float scale, float[] weight, float[] output, int n) {
    FloatVector factor = broadcast(scale);
    for (int i = 0; i < n; i += LANES) {
      load(x, offset + i).mul(factor).mul(load(weight, i)).intoArray(output, offset + i);
    }
  }

  @Override
  public void rmsNormBackward(
      float[] x,
      float[] outputGradient,
      int offset,
      float[] weight,
      float r,
      float c,
      float[] inputGradient,
      int n) {
    FloatVector scale = broadcast(r);
    FloatVector minusC = broadcast(-c);
    for (int i = 0; i < n; i += LANES) {
      int j = offset + i;
      FloatVector sum =
          load(outputGradient, j).mul(scale).fma(load(weight, i), load(inputGradient, j));
      load(x, j).fma(minusC, sum).intoArray(inputGradient, j);
    }
  }

  @Override
  public void addProduct(float[] a, float[] b, int offset, float scale, float[] sum, int n) {
    FloatVector factor = broadcast(scale);
    for (int i = 0; i < n; i += LANES) {
      load(a, offset + i).mul(factor).fma(load(b, offset + i), load(sum, i)).intoArray(sum, i);
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
        FloatVector x1 = load(x, first + i);
        FloatVector x2 = load(x, second + i);
        FloatVector c = load(cos, tableOffset + i);
        FloatVector s = load(sin, tableOffset + i);
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
  public void swiGlu(float[] gate, float[] up, float[] output, int n) {
    FloatVector one = broadcast(1);
    for (int i = 0; i < n; i += LANES) {
      FloatVector x = load(gate, i);
      x.mul(load(up, i)).div(exp(x.neg()).add(one)).intoArray(output, i);
    }
  }

  @Override
  public void swiGluBackward(float[] gate, float[] up, float[] outputGradient, int n) {
    FloatVector one = broadcast(1);
    for (int i = 0; i < n; i += LANES) {
      FloatVector x = load(gate, i);
      FloatVector upstream = load(outputGradient, i);
      FloatVector sigmoid = one.div(exp(x.neg()).add(one));
      FloatVector silu = x.mul(sigmoid);
      // silu' = σ + x σ (1 − σ) = σ + silu (1 − σ)
      FloatVector slope = one.sub(sigmoid).fma(silu, sigmoid);
      upstream.mul(load(up, i)).mul(slope).intoArray(outputGradient, i);
      upstream.mul(silu).intoArray(up, i);
    }
  }

  @Override
  public double squaredDifference(float[] a, float[] b, float factor, int n) {
    clearPadding(a, 0, n);
    clearPadding(b, 0, n);
    FloatVector scale = broadcast(factor);
    double total = 0;
    for (int start = 0; start < n; start += RUN) {
      FloatVector sum = zero();
      int end = Math.min(n, start + RUN);
      for (int i = start; i < end; i += LANES) {
        FloatVector difference = load(a, i).sub(load(b, i));
        sum = difference.fma(difference, sum);
        difference.mul(scale).intoArray(a, i);
      }
      total += sum(sum);
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
    FloatVector decay = broadcast(k.decay());
    FloatVector beta1 = broadcast(k.beta1());
    FloatVector newShare1 = broadcast(k.newShare1());
    FloatVector beta2 = broadcast(k.beta2());
    FloatVector newShare2 = broadcast(k.newShare2());
    FloatVector stepSize = broadcast(k.stepSize());
    FloatVector scale = broadcast(k.secondMomentScale());
    FloatVector epsilon = broadcast(k.epsilon());
    for (int i = 0; i < n; i += LANES) {
      FloatVector g = load(gradient, i);
      FloatVector m = load(firstMoment, i).mul(beta1).add(g.mul(newShare1));
      FloatVector v = load(secondMoment, i).mul(beta2).add(g.mul(newShare2).mul(g));
      m.intoArray(firstMoment, i);
      v.intoArray(secondMoment, i);
      FloatVector denominator = v.lanewise(VectorOperators.SQRT).mul(scale).add(epsilon);
      load(weight, i).mul(decay).sub(stepSize.mul(m).div(denominator)).intoArray(weight, i);
    }
  }

  /** exp of x kept within [−87, 88], to about 2e-7 relative; see {@link ExpPolynomial}. */
  private static FloatVector exp(FloatVector x) {
    FloatVector clamped =
        x.max(broadcast(ExpPolynomial.LOWEST)).min(broadcast(ExpPolynomial.HIGHEST));
    FloatVector rounder = broadcast(ExpPolynomial.ROUNDER);
    FloatVector shifted = clamped.fma(broadcast(ExpPolynomial.LOG2_E), rounder);
    FloatVector n = shifted.sub(rounder);
    FloatVector r = n.fma(broadcast(-ExpPolynomial.LN2_HIGH), clamped);
    r = n.fma(broadcast(-ExpPolynomial.LN2_LOW), r);
    FloatVector p = broadcast(ExpPolynomial.C6).fma(r, broadcast(ExpPolynomial.C5));
    p = p.fma(r, broadcast(ExpPolynomial.C4));
    p = p.fma(r, broadcast(ExpPolynomial.C3));
    p = p.fma(r, broadcast(ExpPolynomial.C2));
    p = p.fma(r, broadcast(ExpPolynomial.C1));
    p = p.fma(r.mul(r), r.add(broadcast(1)));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  private float sum(FloatVector vector) {
    vector.intoArray(lanes, 0);
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

  private static FloatVector load(float[] x, int index) {
    return FloatVector.fromArray(SPECIES, x, index);
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  private static FloatVector zero() {
    return FloatVector.zero(SPECIES);
  }
}
