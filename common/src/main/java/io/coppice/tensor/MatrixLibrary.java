package io.coppice.tensor;

/**
 * Products of one thread. Callers have checked that shapes fit and that the result is not empty;
 * any number of threads may call at the same time.
 *
 * <p>Equal calls give equal bytes, whatever the addresses of the operands.
 */
interface MatrixLibrary {
  /** Library, version and kernels, in words for the log. */
  String description();

  boolean isNative();

  /** Whether products of bfloat16 operands are faster here than those of float32. */
  boolean hasBf16Units();

  /** {@code c = alpha · op(a) · op(b) + beta · c}; with beta 0, c may hold anything, even NaN. */
  void multiply(Transposition transposed, float alpha, Tensor a, Tensor b, float beta, Tensor c);

  /**
   * {@code c = alpha · op(a) · op(b)}, added to c if {@code accumulate}; sums are float32. With
   * nothing to add to, c may hold anything.
   */
  void multiply(
      Transposition transposed,
      float alpha,
      Bf16Tensor a,
      Bf16Tensor b,
      boolean accumulate,
      Tensor c);

  /** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. Shapes are equal. */
  void round(Tensor source, Bf16Tensor rounded);
}
