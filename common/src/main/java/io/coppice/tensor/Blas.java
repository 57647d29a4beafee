package io.coppice.tensor;

import io.coppice.parallel.KernelPool;

/**
 * The matrix products that every kernel is built on, spread over the threads of a {@link
 * KernelPool}. Shapes are checked here.
 *
 * <p>A large result is cut into rectangles, by its shape alone, and each is one call of one thread.
 * So the bytes of a result depend on the library, its kernels for this processor and the shapes,
 * never on the number of threads.
 */
public final class Blas {
  /** Multiply-adds of a product that is cut: some tenths of a millisecond on one thread. */
  private static final long CUT_FROM = 1L << 26;

  /** Columns that one call transposes: whole matrices take up to twice as long. */
  private static final int TRANSPOSED_COLUMNS = 256;

  /** Rows in memory that are a power of two apart would share few places in a cache. */
  private static final int PADDING = 32;

  private final MatrixLibrary library;
  private final KernelPool pool;

  Blas(MatrixLibrary library, KernelPool pool) {
    this.library = library;
    this.pool = pool;
  }

  /** The threads that products are spread over, for kernels that spread more than products. */
  public KernelPool pool() {
    return pool;
  }

  /** The same products on the calling thread alone, for use within a piece of a kernel. */
  public Blas serial() {
    return on(KernelPool.single());
  }

  /** The same products on other threads. */
  public Blas on(KernelPool other) {
    return new Blas(library, other);
  }

  /** {@code c = alpha · a · b + beta · c}; a is m × k, b is k × n, c is m × n. */
  public void multiply(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    multiply(Transposition.NONE, alpha, a, b, beta, c);
  }

  /** {@code c = alpha · a · bᵀ + beta · c}; a is m × k, b is n × k, c is m × n. */
  public void multiplyTransposedB(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    multiply(Transposition.RIGHT, alpha, a, b, beta, c);
  }

  /** {@code c = alpha · aᵀ · b + beta · c}; a is k × m, b is k × n, c is m × n. */
  public void multiplyTransposedA(float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    multiply(Transposition.LEFT, alpha, a, b, beta, c);
  }

  /**
   * {@code c = aᵀ · b + beta · c}. Units for bfloat16 read a transposed left operand at two thirds
   * of their speed or less, so a large one is transposed first.
   *
   * @param a as b, in the format that {@link #multiply(Transposition, float, Operand, Operand,
   *     float, Tensor)} takes
   * @param room of {@link #roomToTranspose} for at least a
   */
  public void multiplyTransposedA(Operand a, Operand b, float beta, Tensor c, Bf16Tensor room) {
    if (a instanceof Bf16Tensor left && hasBf16Units() && isCut(c, a.rows())) {
      Bf16Tensor transposed = room.window(0, a.columns(), 0, a.rows());
      transpose(left, transposed);
      multiply(Transposition.NONE, 1, transposed, b, beta, c);
    } else {
      multiply(Transposition.LEFT, 1, a, b, beta, c);
    }
  }

  /**
   * Room for {@link #multiplyTransposedA(Operand, Operand, float, Tensor, Bf16Tensor)} to transpose
   * in; none for float32, or where there are no rows.
   *
   * @param rows the most rows of a; so with columns
   */
  public static Bf16Tensor roomToTranspose(
      Precision precision, Arena arena, int rows, int columns) {
    return precision == Precision.BF16 && rows > 0
        ? arena.bf16(columns, rows + PADDING)
        : arena.bf16(0, 0);
  }

  /** Copies rows into columns. */
  void transpose(Bf16Tensor source, Bf16Tensor transposed) {
    new Rectangles(source.rows(), source.columns(), source.rows(), TRANSPOSED_COLUMNS)
        .forEach(
            pool,
            (row, column, height, width) ->
                library
                    .bf16()
                    .transpose(
                        source.window(row, height, column, width),
                        transposed.window(column, width, row, height)));
  }

  /**
   * {@code c = alpha · op(a) · op(b) + beta · c}, with float32 sums.
   *
   * @param a a tensor, or rounded to bfloat16; then b is too, and beta is 0 or 1
   * @throws IllegalArgumentException unless shapes and formats fit
   */
  public void multiply(
      Transposition transposed, float alpha, Operand a, Operand b, float beta, Tensor c) {
    int inner = transposed.left() ? a.rows() : a.columns();
    requireFit(transposed, a, b, c);
    if (c.size() == 0) {
      return;
    }
    if (!isCut(c, inner)) {
      multiplyPart(transposed, alpha, a, b, beta, c);
      return;
    }
    Rectangles.ofProduct(c.rows(), c.columns(), a instanceof Bf16Tensor)
        .forEach(
            pool,
            (row, column, height, width) ->
                multiplyPart(
                    transposed,
                    alpha,
                    transposed.left()
                        ? a.window(0, inner, row, height)
                        : a.window(row, height, 0, inner),
                    transposed.right()
                        ? b.window(column, width, 0, inner)
                        : b.window(0, inner, column, width),
                    beta,
                    c.window(row, height, column, width)));
  }

  private static boolean isCut(Tensor c, int inner) {
    return c.size() * inner >= CUT_FROM;
  }

  /** Rounds every element to bfloat16, ties to even. Shapes are equal. */
  public void round(Tensor source, Bf16Tensor rounded) {
    source.requireShape(rounded.rows(), rounded.columns());
    if (source.size() == 0) {
      return;
    }
    int tallest = Math.max(1, (1 << 18) / source.columns());
    new Rectangles(source.rows(), source.columns(), tallest, source.columns())
        .forEach(
            pool,
            (row, column, height, width) ->
                library
                    .bf16()
                    .round(source.rows(row, height), rounded.window(row, height, column, width)));
  }

  /** The library that runs the products, in words for the log: version, kernels, threads. */
  public String description() {
    return "%s, %d thread%s"
        .formatted(library.description(), pool.threads(), pool.threads() == 1 ? "" : "s");
  }

  /** Whether a native library runs the products. */
  public boolean isNative() {
    return library.isNative();
  }

  /** Whether this processor and library multiply bfloat16 faster than float32. */
  public boolean hasBf16Units() {
    return library.hasBf16Units();
  }

  private void multiplyPart(
      Transposition transposed, float alpha, Operand a, Operand b, float beta, Tensor c) {
    if (a instanceof Tensor left && b instanceof Tensor right) {
      library.multiply(transposed, alpha, left, right, beta, c);
    } else if (a instanceof Bf16Tensor left && b instanceof Bf16Tensor right) {
      library.bf16().multiply(transposed, alpha, left, right, beta == 1, c);
    }
  }

  private static void requireFit(Transposition transposed, Operand a, Operand b, Tensor c) {
    int m = transposed.left() ? a.columns() : a.rows();
    int k = transposed.left() ? a.rows() : a.columns();
    int kOfB = transposed.right() ? b.columns() : b.rows();
    int n = transposed.right() ? b.rows() : b.columns();
    if (k != kOfB || c.rows() != m || c.columns() != n || a.getClass() != b.getClass()) {
      throw new IllegalArgumentException(
          "Cannot multiply %s%s by %s%s into %s"
              .formatted(
                  a,
                  transposed.left() ? " transposed" : "",
                  b,
                  transposed.right() ? " transposed" : "",
                  c));
    }
  }
}
