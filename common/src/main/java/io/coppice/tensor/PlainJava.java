package io.coppice.tensor;

import java.util.Arrays;

/**
 * Matrix products in plain Java: the fallback where no native library loads, and the tests' twin.
 */
final class PlainJava implements MatrixLibrary {
  private final WidenedProducts widened = new WidenedProducts(this);

  @Override
  public String description() {
    return "pure Java (no native BLAS)";
  }

  @Override
  public boolean isNative() {
    return false;
  }

  @Override
  public Bf16Products bf16() {
    return widened;
  }

  @Override
  public void multiply(
      Transposition transposed, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    int m = c.rows();
    int n = c.columns();
    int k = transposed.left() ? a.rows() : a.columns();
    float[] result = new float[n];
    float[] rowOfB = new float[transposed.right() ? k : n];
    float[] rowOfA = new float[k];
    for (int i = 0; i < m; i++) {
      for (int p = 0; p < k; p++) {
        rowOfA[p] = alpha * (transposed.left() ? a.get(p, i) : a.get(i, p));
      }
      if (beta == 0) {
        Arrays.fill(result, 0);
      } else {
        c.readRow(i, result);
        for (int j = 0; j < n; j++) {
          result[j] *= beta;
        }
      }
      if (transposed.right()) {
        for (int j = 0; j < n; j++) {
          b.readRow(j, rowOfB);
          float sum = 0;
          for (int p = 0; p < k; p++) {
            sum += rowOfA[p] * rowOfB[p];
          }
          result[j] += sum;
        }
      } else {
        for (int p = 0; p < k; p++) {
          b.readRow(p, rowOfB);
          float factor = rowOfA[p];
          for (int j = 0; j < n; j++) {
            result[j] += factor * rowOfB[j];
          }
        }
      }
      c.writeRow(i, result);
    }
  }
}
