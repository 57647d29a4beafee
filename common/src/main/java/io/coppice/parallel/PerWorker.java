package io.coppice.parallel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Something that one thread uses at a time, such as a kernel with its tiles, once for each thread
 * of a pool; and rows of a tensor spread over them.
 */
public final class PerWorker<K> {
  /** Elements of a piece of rows: some tens of microseconds of element-wise work. */
  private static final int PIECE_ELEMENTS = 1 << 16;

  private final KernelPool pool;
  private final List<K> each = new ArrayList<>();

  /**
   * @param made makes one; called once for each thread
   */
  public PerWorker(KernelPool pool, Supplier<K> made) {
    this.pool = pool;
    for (int worker = 0; worker < pool.threads(); worker++) {
      each.add(made.get());
    }
  }

  /** Work on consecutive rows. */
  @FunctionalInterface
  public interface RowWork<K> {
    /**
     * @param own what this thread uses
     * @param first the first row
     * @param count how many rows
     */
    void compute(K own, int first, int count);
  }

  /** The one that the given worker uses. */
  public K of(int worker) {
    return each.get(worker);
  }

  /** The pool whose threads these are. */
  public KernelPool pool() {
    return pool;
  }

  /** Computes all rows of a tensor of this shape, each once, in pieces that the shape decides. */
  public void rows(int rows, int columns, RowWork<? super K> work) {
    int height = height(columns);
    pool.run(
        pieces(rows, columns),
        (piece, worker) -> {
          int first = piece * height;
          work.compute(each.get(worker), first, Math.min(height, rows - first));
        });
  }

  /**
   * The number of pieces that {@link #rows} makes; row {@code r} belongs to piece {@code r /
   * height}.
   */
  public static int pieces(int rows, int columns) {
    int height = height(columns);
    return (rows + height - 1) / height;
  }

  /** Rows of each piece but the last. */
  public static int height(int columns) {
    return Math.max(1, PIECE_ELEMENTS / Math.max(1, columns));
  }
}
