package io.coppice.tensor;

/**
 * Turns tensors into operands of products: float32 ones are the tensors themselves, bfloat16 ones
 * are rounded into this buffer, where they stay until it is used again.
 */
public final class OperandBuffer {
  private final Bf16Tensor rounded;

  private OperandBuffer(Bf16Tensor rounded) {
    this.rounded = rounded;
  }

  /**
   * @param precision the most that will be asked for: float32 takes no memory
   * @param arena gives 2 bytes an element
   */
  public static OperandBuffer allocate(Precision precision, Arena arena, int rows, int columns) {
    return new OperandBuffer(
        precision == Precision.BF16 ? arena.bf16(rows, columns) : arena.bf16(0, columns));
  }

  /**
   * The tensor as an operand.
   *
   * @param source for bfloat16 at most of this buffer's shape
   */
  public Operand of(Tensor source, Precision precision, Blas blas) {
    if (precision == Precision.FLOAT32) {
      return source;
    }
    Bf16Tensor operand = rounded.window(0, source.rows(), 0, source.columns());
    blas.round(source, operand);
    return operand;
  }

  /** The operand that the last {@link #of} gave for this source. */
  public Operand held(Tensor source, Precision precision) {
    return precision == Precision.FLOAT32
        ? source
        : rounded.window(0, source.rows(), 0, source.columns());
  }
}
