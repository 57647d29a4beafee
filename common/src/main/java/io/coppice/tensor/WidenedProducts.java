package io.coppice.tensor;

/**
 * Products of bfloat16 operands where the processor has no units for them: they are widened to
 * float32, which is exact, and multiplied by a library's float32 products; so the mathematics is
 * the same, and slower.
 *
 * <p>Operands are widened in panels of {@link #INNER} of the common dimension, in memory of the
 * calling thread that lasts: for {@link Rectangles#ofProduct}, some 6 MiB.
 */
final class WidenedProducts implements Bf16Products {
  private static final int INNER = 1024;

  private final MatrixLibrary library;
  private final ThreadLocal<Panels> panels = ThreadLocal.withInitial(Panels::new);

  WidenedProducts(MatrixLibrary library) {
    this.library = library;
  }

  @Override
  public void multiply(
      Transposition transposed,
      float alpha,
      Bf16Tensor a,
      Bf16Tensor b,
      boolean accumulate,
      Tensor c) {
    int inner = transposed.left() ? a.rows() : a.columns();
    Panels own = panels.get();
    for (int first = 0; first < inner; first += INNER) {
      int count = Math.min(INNER, inner - first);
      Tensor left =
          own.left.widen(
              transposed.left()
                  ? a.window(first, count, 0, a.columns())
                  : a.window(0, a.rows(), first, count));
      Tensor right =
          own.right.widen(
              transposed.right()
                  ? b.window(0, b.rows(), first, count)
                  : b.window(first, count, 0, b.columns()));
      library.multiply(transposed, alpha, left, right, accumulate || first > 0 ? 1 : 0, c);
    }
  }

  @Override
  public void round(Tensor source, Bf16Tensor rounded) {
    float[] row = new float[source.columns()];
    for (int i = 0; i < source.rows(); i++) {
      source.readRow(i, row);
      rounded.writeRow(i, row);
    }
  }

  @Override
  public void transpose(Bf16Tensor source, Bf16Tensor transposed) {
    float[] column = new float[transposed.columns()];
    for (int i = 0; i < transposed.rows(); i++) {
      for (int j = 0; j < column.length; j++) {
        column[j] = source.get(j, i);
      }
      transposed.writeRow(i, column);
    }
  }

  /** The panels of one thread. */
  private static final class Panels {
    private final Panel left = new Panel();
    private final Panel right = new Panel();
  }

  /** Memory for the largest panel so far. */
  private static final class Panel {
    private Arena arena = Arena.unbounded("widened operands");
    private Tensor memory = arena.vector(0);
    private float[] row = new float[0];

    Tensor widen(Bf16Tensor operand) {
      int size = Math.multiplyExact(operand.rows(), operand.columns());
      if (memory.columns() < size) {
        arena.close();
        arena = Arena.unbounded("widened operands");
        memory = arena.vector(size);
      }
      if (row.length < operand.columns()) {
        row = new float[operand.columns()];
      }
      Tensor widened = memory.columns(0, size).reshape(operand.rows(), operand.columns());
      for (int i = 0; i < operand.rows(); i++) {
        operand.readRow(i, 0, row, operand.columns());
        widened.writeRow(i, row);
      }
      return widened;
    }
  }
}
