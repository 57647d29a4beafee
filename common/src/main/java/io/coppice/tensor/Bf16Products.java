package io.coppice.tensor;

/**
 * Products of bfloat16 operands with float32 sums, and the copies that make such operands; of one
 * thread, as {@link MatrixLibrary}'s are.
 */
interface Bf16Products {
  /**
   * {@code c = alpha · op(a) · op(b)}, added to c if {@code accumulate}. With nothing to add to, c
   * may hold anything.
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

  /** Copies rows into columns. */
  void transpose(Bf16Tensor source, Bf16Tensor transposed);
}
