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

  /** Its products of bfloat16 operands: by units of the processor, or widened. */
  Bf16Products bf16();

  /** Whether products of bfloat16 operands are faster here than those of float32. */
  default boolean hasBf16Units() {
    return !(bf16() instanceof WidenedProducts);
  }

  /** {@code c = alpha · op(a) · op(b) + beta · c}; with beta 0, c may hold anything, even NaN. */
  void multiply(Transposition transposed, float alpha, Tensor a, Tensor b, float beta, Tensor c);
}
