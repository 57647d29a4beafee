package io.coppice.tensor;

/**
 * The matrix product that every kernel is built on. Shapes are checked here; an implementation gets
 * only arguments that fit.
 *
 * <p>The result of a call depends on the implementation, its thread count and the shapes only, so
 * equal calls give equal bytes.
 */
public abstract class Blas {

  /** {@code c = alpha · a · b + beta · c}; a is m × k, b is k × n, c is m × n. */
  public final void multiply(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    gemm(false, false, alpha, a, b, beta, c);
  }

  /** {@code c = alpha · a · bᵀ + beta · c}; a is m × k, b is n × k, c is m × n. */
  public final void multiplyTransposedB(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    gemm(false, true, alpha, a, b, beta, c);
  }

  /** {@code c = alpha · aᵀ · b + beta · c}; a is k × m, b is k × n, c is m × n. */
  public final void multiplyTransposedA(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    gemm(true, false, alpha, a, b, beta, c);
  }

  /** What runs the products, in words for the log: library, version, kernel, threads. */
  public abstract String description();

  /** Whether a native library runs the products. */
  public abstract boolean isNative();

  private void gemm(
      boolean transposeA,
      boolean transposeB,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c) {
    int m = transposeA ? a.columns() : a.rows();
    int k = transposeA ? a.rows() : a.columns();
    int kOfB = transposeB ? b.columns() : b.rows();
    int n = transposeB ? b.rows() : b.columns();
    if (k != kOfB || c.rows() != m || c.columns() != n) {
      throw new IllegalArgumentException(
          "Cannot multiply %s%s by %s%s into %s"
              .formatted(
                  a, transposeA ? " transposed" : "", b, transposeB ? " transposed" : "", c));
    }
    if (m > 0 && n > 0) {
      gemm(transposeA, transposeB, m, n, k, alpha, a, b, beta, c);
    }
  }

  /** {@code c = alpha · op(a) · op(b) + beta · c}; with beta 0, c may hold anything, even NaN. */
  abstract void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c);
}
