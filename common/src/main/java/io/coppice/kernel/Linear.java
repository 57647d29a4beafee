package io.coppice.kernel;

import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Tensor;
import io.coppice.tensor.Transposition;

/**
 * A linear layer without bias, y = x · Wᵀ, with W of out × in as checkpoints store it, x of n × in
 * and y of n × out. What a product reads is float32, or bfloat16 all of it.
 */
public final class Linear {
  private final Blas blas;

  public Linear(Blas blas) {
    this.blas = blas;
  }

  /**
   * {@code output = input · weightᵀ}.
   *
   * @param accumulate whether to add to {@code output} rather than to overwrite it
   */
  public void forward(Operand input, Operand weight, Tensor output, boolean accumulate) {
    blas.multiply(Transposition.RIGHT, 1, input, weight, accumulate ? 1 : 0, output);
  }

  /**
   * The gradient of the input, dy · W.
   *
   * @param accumulate whether to add to {@code inputGradient} rather than to overwrite it
   */
  public void backwardInput(
      Operand outputGradient, Operand weight, Tensor inputGradient, boolean accumulate) {
    blas.multiply(Transposition.NONE, 1, outputGradient, weight, accumulate ? 1 : 0, inputGradient);
  }

  /**
   * The gradient of the weight, dyᵀ · x.
   *
   * @param room of {@link Blas#roomToTranspose} for at least dy
   * @param accumulate whether to add to {@code weightGradient} rather than to overwrite it
   */
  public void backwardWeight(
      Operand outputGradient,
      Operand input,
      Bf16Tensor room,
      Tensor weightGradient,
      boolean accumulate) {
    blas.multiplyTransposedA(outputGradient, input, accumulate ? 1 : 0, weightGradient, room);
  }
}
