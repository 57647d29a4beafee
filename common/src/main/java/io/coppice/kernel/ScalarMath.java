package io.coppice.kernel;

/**
 * The primitives in plain Java: runs where the Vector API is missing, and is the tests' twin.
 *
 * <p>Products and sums are rounded one by one: without hardware support a fused {@code Math.fma} is
 * a hundred times slower than both.
 */
final class ScalarMath implements VectorMath {
  private static final int RUN = 256;

  @Override
  public void add(float[] destination, int offset, float[] source, int offsetOfSource, int n) {
    for (int i = 0; i < n; i++) {
      destination[offset + i] += source[offsetOfSource + i];
    }
  }

  @Override
  public void shift(float[] x, float amount, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] += amount;
    }
  }

  @Override
  public void mix(float[] a, float[] b, float alpha, float[] destination, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      destination[i] = a[i] + alpha * (b[i] - a[i]);
    }
  }

  @Override
  public float dot(float[] a, int offsetOfA, float[] b, int offsetOfB, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[offsetOfA + i] * b[offsetOfB + i];
    }
    return sum;
  }

  @Override
  public float dot(float[] a, float[] b, int offset, float[] c, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[offset + i] * b[offset + i] * c[i];
    }
    return sum;
  }

  @Override
  public float max(float[] x, int offset, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + n; i++) {
      max = x[i] > max ? x[i] : max;
    }
    return max;
  }

  @Override
  public float exp(float[] x, float[] destination, int offset, int n, float scale, float shift) {
    float sum = 0;
    for (int i = offset; i < offset + n; i++) {
      destination[i] = exp(scale * (x[i] - shift));
      sum += destination[i];
    }
    return sum;
  }

  @Override
  public float sumOfExp(float[] x, int offset, int n, float shift) {
    float sum = 0;
    for (int i = offset; i < offset + n; i++) {
      sum += exp(x[i] - shift);
    }
    return sum;
  }

  @Override
  public void multiply(float[] x, float factor, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] *= factor;
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
    for (int i = first; i < n; i++) {
      float p = exp(scale * (scores[offset + i] - shifts[i]));
      scores[offset + i] = p;
      gradient[offset + i] = scale * p * (gradient[offset + i] - delta[i]);
    }
  }

  @Override
  public void scale(float[] x, int offset, float scale, float[] weight, float[] output, int n) {
    for (int i = 0; i < n; i++) {
      output[offset + i] = x[offset + i] * scale * weight[i];
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
    for (int i = 0; i < n; i++) {
      inputGradient[offset + i] += r * weight[i] * outputGradient[offset + i] - c * x[offset + i];
    }
  }

  @Override
  public void addProduct(float[] a, float[] b, int offset, float scale, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += scale * a[offset + i] * b[offset + i];
    }
  }

  @Override
  public void rotate(
      float[] x, int offset, int heads, int half, float[] cos, float[] sin, int tableOffset) {
    for (int head = 0; head < heads; head++) {
      int first = offset + 2 * half * head;
      for (int i = 0; i < half; i++) {
        float x1 = x[first + i];
        float x2 = x[first + half + i];
        float c = cos[tableOffset + i];
        float s = sin[tableOffset + i];
        x[first + i] = x1 * c - x2 * s;
        x[first + half + i] = x2 * c + x1 * s;
      }
    }
  }

  @Override
  public void relu(float[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = Math.max(x[i], 0);
    }
  }

  @Override
  public void reluBackward(float[] output, float[] gradient, int n) {
    for (int i = 0; i < n; i++) {
      gradient[i] = output[i] == 0 ? 0 : gradient[i];
    }
  }

  @Override
  public void swiGlu(float[] gate, float[] up, float[] output, int n) {
    for (int i = 0; i < n; i++) {
      output[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
    }
  }

  @Override
  public void swiGluBackward(float[] gate, float[] up, float[] outputGradient, int n) {
    for (int i = 0; i < n; i++) {
      float sigmoid = 1 / (1 + exp(-gate[i]));
      float silu = gate[i] * sigmoid;
      float upstream = outputGradient[i];
      // silu' = σ + x σ (1 − σ) = σ + silu (1 − σ)
      outputGradient[i] = upstream * up[i] * (sigmoid + silu * (1 - sigmoid));
      up[i] = upstream * silu;
    }
  }

  @Override
  public double squaredDifference(float[] a, float[] b, float factor, int n) {
    double total = 0;
    for (int start = 0; start < n; start += RUN) {
      float sum = 0;
      for (int i = start; i < Math.min(n, start + RUN); i++) {
        float difference = a[i] - b[i];
        sum += difference * difference;
        a[i] = factor * difference;
      }
      total += sum;
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
    for (int i = 0; i < n; i++) {
      float g = gradient[i];
      float m = k.beta1() * firstMoment[i] + k.newShare1() * g;
      float v = k.beta2() * secondMoment[i] + k.newShare2() * g * g;
      firstMoment[i] = m;
      secondMoment[i] = v;
      float denominator = (float) Math.sqrt(v) * k.secondMomentScale() + k.epsilon();
      weight[i] = k.decay() * weight[i] - k.stepSize() * m / denominator;
    }
  }

  /** exp of x kept within [−87, 88], to about 2e-7 relative; see {@link ExpPolynomial}. */
  private static float exp(float x) {
    float clamped = Math.min(Math.max(x, ExpPolynomial.LOWEST), ExpPolynomial.HIGHEST);
    float shifted = clamped * ExpPolynomial.LOG2_E + ExpPolynomial.ROUNDER;
    float n = shifted - ExpPolynomial.ROUNDER;
    float r = clamped - n * ExpPolynomial.LN2_HIGH - n * ExpPolynomial.LN2_LOW;
    float p = ExpPolynomial.C6;
    p = p * r + ExpPolynomial.C5;
    p = p * r + ExpPolynomial.C4;
    p = p * r + ExpPolynomial.C3;
    p = p * r + ExpPolynomial.C2;
    p = p * r + ExpPolynomial.C1;
    p = p * (r * r) + r + 1;
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
  }
}
