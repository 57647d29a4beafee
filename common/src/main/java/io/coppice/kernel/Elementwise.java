package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/** Sums and mixtures of tensors of one shape. */
public final class Elementwise {
  private static final int SUMMED_COLUMNS = 512;

  /** Products that are added in float32. */
  private static final int DOT_COLUMNS = 256;

  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] left = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] right = VectorMath.tile(Tiles.ELEMENTS);
  }

  public Elementwise(KernelPool pool) {
    workers = new PerWorker<>(pool, Scratch::new);
  }

  /** The sum of squares of all elements, added in double in their order. */
  public static double sumOfSquares(Tensor tensor) {
    float[] row = new float[tensor.columns()];
    double sum = 0;
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.readRow(i, row);
      for (float value : row) {
        sum += (double) value * value;
      }
    }
    return sum;
  }

  /** Σ a · b over all elements: float32 over tiles, in double over them in a fixed order. */
  public double dot(Tensor a, Tensor b) {
    b.requireShape(a.rows(), a.columns());
    int height = PerWorker.height(a.columns());
    double[] sums = new double[PerWorker.pieces(a.rows(), a.columns())];
    workers.rows(
        a.rows(),
        a.columns(),
        (own, first, count) ->
            sums[first / height] = dotOfRows(own, a.rows(first, count), b.rows(first, count)));
    double sum = 0;
    for (double piece : sums) {
      sum += piece;
    }
    return sum;
  }

  private static double dotOfRows(Scratch own, Tensor a, Tensor b) {
    double sum = 0;
    int width = Math.min(DOT_COLUMNS, a.columns());
    for (int row = 0; row < a.rows(); row++) {
      for (int column = 0; column < a.columns(); column += width) {
        int length = Math.min(width, a.columns() - column);
        a.read(row, column, own.left, 0, length);
        b.read(row, column, own.right, 0, length);
        sum += own.math.dot(own.left, 0, own.right, 0, length);
      }
    }
    return sum;
  }

  /** {@code destination += source}. */
  public void add(Tensor destination, Tensor source) {
    source.requireShape(destination.rows(), destination.columns());
    workers.rows(
        destination.rows(),
        destination.columns(),
        (own, first, count) ->
            addRows(own, destination.rows(first, count), source.rows(first, count)));
  }

  private static void addRows(Scratch own, Tensor destination, Tensor source) {
    int width = Tiles.width(destination);
    int height = Tiles.height(destination);
    for (int row = 0; row < destination.rows(); row += height) {
      int count = Math.min(height, destination.rows() - row);
      for (int column = 0; column < destination.columns(); column += width) {
        int length = Math.min(width, destination.columns() - column);
        destination.readRows(row, count, column, length, own.left, length);
        source.readRows(row, count, column, length, own.right, length);
        own.math.add(own.left, own.right, count * length);
        destination.writeRows(row, count, column, length, own.left, length);
      }
    }
  }

  /**
   * {@code destination = a + alpha · (b − a)}, with one alpha for each run of {@code rowsPerAlpha}
   * rows; destination may be a or b.
   *
   * @param alphas one factor per run: {@code rows / rowsPerAlpha} of them
   */
  public void mix(Tensor a, Tensor b, float[] alphas, int rowsPerAlpha, Tensor destination) {
    a.requireShape(destination.rows(), destination.columns());
    b.requireShape(destination.rows(), destination.columns());
    if ((long) alphas.length * rowsPerAlpha != destination.rows()) {
      throw new IllegalArgumentException(
          "%d factors for %d rows each do not fit %s"
              .formatted(alphas.length, rowsPerAlpha, destination));
    }
    workers
        .pool()
        .run(
            alphas.length,
            (run, worker) ->
                mixRows(
                    workers.of(worker),
                    a.rows(run * rowsPerAlpha, rowsPerAlpha),
                    b.rows(run * rowsPerAlpha, rowsPerAlpha),
                    alphas[run],
                    destination.rows(run * rowsPerAlpha, rowsPerAlpha)));
  }

  private static void mixRows(Scratch own, Tensor a, Tensor b, float alpha, Tensor destination) {
    int width = Tiles.width(destination);
    int height = Tiles.height(destination);
    for (int row = 0; row < destination.rows(); row += height) {
      int count = Math.min(height, destination.rows() - row);
      for (int column = 0; column < destination.columns(); column += width) {
        int length = Math.min(width, destination.columns() - column);
        a.readRows(row, count, column, length, own.left, length);
        b.readRows(row, count, column, length, own.right, length);
        own.math.mix(own.left, own.right, alpha, own.left, 0, count * length);
        destination.writeRows(row, count, column, length, own.left, length);
      }
    }
  }

  /** Adds {@code row}, 1 × columns, to every row of {@code destination}: a bias. */
  public void addToRows(Tensor destination, Tensor row) {
    row.requireShape(1, destination.columns());
    workers.rows(
        destination.rows(),
        destination.columns(),
        (own, first, count) -> addToRows(own, destination.rows(first, count), row));
  }

  private static void addToRows(Scratch own, Tensor destination, Tensor row) {
    int width = Tiles.width(destination);
    for (int column = 0; column < destination.columns(); column += width) {
      int length = Math.min(width, destination.columns() - column);
      row.read(0, column, own.right, 0, length);
      for (int i = 0; i < destination.rows(); i++) {
        destination.read(i, column, own.left, 0, length);
        own.math.add(own.left, own.right, length);
        destination.write(i, column, own.left, 0, length);
      }
    }
  }

  /**
   * Adds the sum of the rows of {@code gradient} to {@code rowGradient}, 1 × columns; the threads
   * share the columns.
   */
  public void addRowSum(Tensor gradient, Tensor rowGradient) {
    rowGradient.requireShape(1, gradient.columns());
    int columns = gradient.columns();
    int width = Math.min(columns, SUMMED_COLUMNS);
    workers
        .pool()
        .run(
            (columns + SUMMED_COLUMNS - 1) / SUMMED_COLUMNS,
            (piece, worker) -> {
              int column = piece * SUMMED_COLUMNS;
              int length = Math.min(width, columns - column);
              addRowSum(workers.of(worker), gradient, column, length, rowGradient);
            });
  }

  private static void addRowSum(
      Scratch own, Tensor gradient, int column, int length, Tensor rowGradient) {
    rowGradient.read(0, column, own.left, 0, length);
    for (int i = 0; i < gradient.rows(); i++) {
      gradient.read(i, column, own.right, 0, length);
      own.math.add(own.left, own.right, length);
    }
    rowGradient.write(0, column, own.left, 0, length);
  }
}
