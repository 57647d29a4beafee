package io.coppice.prune;

import io.coppice.tensor.Tensor;

/** Copies between the triangles of a square matrix, tile by tile to stay in cache. */
final class SymmetricMatrix {
  private static final int TILE = 32;

  private SymmetricMatrix() {}

  /** Row-major: writes the upper triangle over the lower one, transposed. */
  static void mirror(double[] values, int n) {
    transpose(values, n, n, 1);
  }

  /** Row-major: writes the lower triangle over the upper one, transposed. */
  static void restore(double[] values, int n) {
    transpose(values, n, 1, n);
  }

  /** For all i &lt; j, copies the value at i·a + j·b to j·a + i·b. */
  private static void transpose(double[] values, int n, int a, int b) {
    for (int rowTile = 0; rowTile < n; rowTile += TILE) {
      for (int columnTile = rowTile; columnTile < n; columnTile += TILE) {
        for (int i = rowTile; i < Math.min(n, rowTile + TILE); i++) {
          for (int j = Math.max(i + 1, columnTile); j < Math.min(n, columnTile + TILE); j++) {
            values[j * a + i * b] = values[i * a + j * b];
          }
        }
      }
    }
  }

  /** Writes the upper triangle over the lower one, transposed. */
  static void mirror(Tensor matrix) {
    int n = matrix.rows();
    float[] tile = new float[TILE * TILE];
    float[] transposed = new float[TILE * TILE];
    for (int rowTile = 0; rowTile < n; rowTile += TILE) {
      int rows = Math.min(TILE, n - rowTile);
      for (int columnTile = rowTile; columnTile < n; columnTile += TILE) {
        int columns = Math.min(TILE, n - columnTile);
        matrix.readRows(rowTile, rows, columnTile, columns, tile, TILE);
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns; j++) {
            boolean upper = rowTile + i <= columnTile + j;
            transposed[j * TILE + i] = upper ? tile[i * TILE + j] : tile[j * TILE + i];
          }
        }
        matrix.writeRows(columnTile, columns, rowTile, rows, transposed, TILE);
      }
    }
  }
}
