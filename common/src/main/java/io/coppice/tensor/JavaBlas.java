package io.coppice.tensor;

import java.util.Arrays;

/**
 * Matrix products in plain Java: the fallback where no native library loads, and the tests' twin.
 */
final class JavaBlas extends Blas {

  @Override
  public String description() {
    return "pure Java (no native BLAS), 1 thread per product";
  }

  @Override
  public boolean isNative() {
    return false;
  }

  @Override
  void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c) {
    float[] result = new float[n];
    float[] rowOfB = new float[transposeB ? k : n];
    float[] rowOfA = new float[k];
    for (int i = 0; i < m; i++) {
      for (int p = 0; p < k; p++) {
        rowOfA[p] = alpha * (transposeA ? a.get(p, i) : a.get(i, p));
      }
      if (beta == 0) {
        Arrays.fill(result, 0);
      } else {
        c.readRow(i, result);
        for (int j = 0; j < n; j++) {
          result[j] *= beta;
        }
      }
      if (transposeB) {
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
