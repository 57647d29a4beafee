package io.coppice.tensor;

import io.coppice.parallel.KernelPool;

/**
 * A matrix cut into pieces that threads share, by its shape alone.
 *
 * @param rows of the whole; so with columns
 * @param tallest rows of a piece, but for the last; so with widest
 */
record Rectangles(int rows, int columns, int tallest, int widest) {
  private static final int SHORT = 512;
  private static final int LONG = 1024;
  private static final int NARROW = 256;

  /** Elements of a piece where there are few. */
  private static final int SMALL = 1 << 18;

  /** As many as the threads of a large pool. */
  private static final int MANY = 16;

  private static final int MULTIPLE = 32;

  /** Work on one piece. */
  interface Work {
    void run(int row, int column, int height, int width);
  }

  /**
   * The pieces of a large product's result. Libraries are the faster the larger a piece is, some 15
   * % between the smallest here and the largest; but there should be one for each thread of a large
   * pool. Bfloat16 kernels like tall pieces, float32 ones wide pieces, since each arranges one
   * operand anew for every call.
   */
  static Rectangles ofProduct(int rows, int columns, boolean bf16) {
    int tallest = edge(rows, bf16 ? LONG : SHORT);
    Rectangles large = new Rectangles(rows, columns, tallest, edge(columns, bf16 ? SHORT : LONG));
    if (large.count() >= MANY) {
      return large;
    }
    int wide = Math.max(NARROW, Math.min(SHORT, SMALL / tallest));
    return new Rectangles(rows, columns, tallest, edge(columns, wide));
  }

  /** Does the work on each piece, on the threads of a pool. */
  void forEach(KernelPool pool, Work work) {
    pool.run(
        count(),
        (piece, worker) -> {
          int row = row(piece);
          int column = column(piece);
          work.run(row, column, height(row), width(column));
        });
  }

  int count() {
    return parts(rows, tallest) * across();
  }

  /** The first row of a piece. */
  int row(int piece) {
    return piece / across() * tallest;
  }

  /** The first column of a piece. */
  int column(int piece) {
    return piece % across() * widest;
  }

  /** The rows of a piece that begins at {@code row}. */
  int height(int row) {
    return Math.min(tallest, rows - row);
  }

  /** The columns of a piece that begins at {@code column}. */
  int width(int column) {
    return Math.min(widest, columns - column);
  }

  private int across() {
    return parts(columns, widest);
  }

  /** The number of parts of {@code edge} that cover a length. */
  private static int parts(int length, int edge) {
    return (length + edge - 1) / edge;
  }

  /** Near the wanted one, so that parts are alike in size. */
  private static int edge(int length, int wanted) {
    int parts = Math.max(1, Math.round((float) length / wanted));
    int edge = parts(length, parts);
    return parts(edge, MULTIPLE) * MULTIPLE;
  }
}
