package io.coppice.kernel;

import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/**
 * Sums over rows that several threads compute, each over pieces as {@link PerWorker#rows} cuts
 * them: kept apart, and added in the order of the pieces.
 */
final class RowSums {
  private final int columns;
  private final int height;
  private int pieces;
  private float[] sums = new float[0];

  /**
   * @param columns of the rows and so of their sum
   */
  RowSums(int columns) {
    this.columns = columns;
    height = PerWorker.height(columns);
  }

  /** Makes room for the sums of a tensor's pieces. */
  void begin(int rows) {
    pieces = PerWorker.pieces(rows, columns);
    if (sums.length < pieces * columns) {
      sums = new float[pieces * columns];
    }
  }

  /** Keeps the sum of the piece that begins with this row; it is longer than a row's columns. */
  void put(int firstRow, float[] sum) {
    System.arraycopy(sum, 0, sums, firstRow / height * columns, columns);
  }

  /** Adds all sums to a tensor of 1 × columns. */
  void addTo(Tensor total) {
    float[] row = new float[columns];
    total.readRow(0, row);
    for (int piece = 0; piece < pieces; piece++) {
      for (int i = 0; i < columns; i++) {
        row[i] += sums[piece * columns + i];
      }
    }
    total.writeRow(0, row);
  }
}
