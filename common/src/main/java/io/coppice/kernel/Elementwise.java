package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/** Sums and mixtures of tensors of one shape. */
public final class Elementwise {
  private final VectorMath math = VectorMath.create();
  private final float[] left = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] right = VectorMath.tile(Tiles.ELEMENTS);

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

  /** {@code destination += source}. */
  public void add(Tensor destination, Tensor source) {
    source.requireShape(destination.rows(), destination.columns());
    int width = Tiles.width(destination);
    int height = Tiles.height(destination);
    for (int row = 0; row < destination.rows(); row += height) {
      int count = Math.min(height, destination.rows() - row);
      for (int column = 0; column < destination.columns(); column += width) {
        int length = Math.min(width, destination.columns() - column);
        destination.readRows(row, count, column, length, left, length);
        source.readRows(row, count, column, length, right, length);
        math.add(left, right, count * length);
        destination.writeRows(row, count, column, length, left, length);
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
    int width = Tiles.width(destination);
    int height = Math.min(rowsPerAlpha, Tiles.height(destination));
    for (int run = 0; run < alphas.length; run++) {
      int end = (run + 1) * rowsPerAlpha;
      for (int row = run * rowsPerAlpha; row < end; row += height) {
        int count = Math.min(height, end - row);
        for (int column = 0; column < destination.columns(); column += width) {
          int length = Math.min(width, destination.columns() - column);
          a.readRows(row, count, column, length, left, length);
          b.readRows(row, count, column, length, right, length);
          math.mix(left, right, alphas[run], left, 0, count * length);
          destination.writeRows(row, count, column, length, left, length);
        }
      }
    }
  }

  /** Adds {@code row}, 1 × columns, to every row of {@code destination}: a bias. */
  public void addToRows(Tensor destination, Tensor row) {
    row.requireShape(1, destination.columns());
    int width = Tiles.width(destination);
    for (int column = 0; column < destination.columns(); column += width) {
      int length = Math.min(width, destination.columns() - column);
      row.read(0, column, right, 0, length);
      for (int i = 0; i < destination.rows(); i++) {
        destination.read(i, column, left, 0, length);
        math.add(left, right, length);
        destination.write(i, column, left, 0, length);
      }
    }
  }

  /** Adds the sum of the rows of {@code gradient} to {@code rowGradient}, 1 × columns. */
  public void addRowSum(Tensor gradient, Tensor rowGradient) {
    rowGradient.requireShape(1, gradient.columns());
    int width = Tiles.width(gradient);
    for (int column = 0; column < gradient.columns(); column += width) {
      int length = Math.min(width, gradient.columns() - column);
      rowGradient.read(0, column, left, 0, length);
      for (int i = 0; i < gradient.rows(); i++) {
        gradient.read(i, column, right, 0, length);
        math.add(left, right, length);
      }
      rowGradient.write(0, column, left, 0, length);
    }
  }
}
