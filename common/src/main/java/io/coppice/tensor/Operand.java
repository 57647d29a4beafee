package io.coppice.tensor;

/** A matrix that a product reads, rows × columns, in one of the formats that products know. */
public sealed interface Operand permits Tensor, Bf16Tensor {
  int rows();

  int columns();

  /** Elements between the starts of two consecutive rows; at least {@link #columns()}. */
  int stride();

  /** A window on the same memory. */
  Operand window(int row, int rowCount, int column, int columnCount);
}
