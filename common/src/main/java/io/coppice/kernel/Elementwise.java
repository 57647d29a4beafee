package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/** Sums and mixtures of tensors of one shape. */
public final class Elementwise {
  private final VectorMath math = VectorMath.create();
  private final float[] left = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] right = VectorMath.tile(Tiles.ELEMENTS);

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
}
