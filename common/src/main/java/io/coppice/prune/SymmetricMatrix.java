package io.coppice.prune;

/** Copies between the triangles of a square array, tile by tile to stay in cache. */
final class SymmetricMatrix {
  private static final int TILE = 32;

  private SymmetricMatrix() {}

  /** Row-major: writes the upper triangle over the lower one, transposed. */
  static void mirror(double[] values, int n) {
    for (int rowTile = 0; rowTile < n; rowTile += TILE) {
      for (int columnTile = rowTile; columnTile < n; columnTile += TILE) {
        for (int i = rowTile; i < Math.min(n, rowTile + TILE); i++) {
          for (int j = Math.max(i + 1, columnTile); j < Math.min(n, columnTile + TILE); j++) {
            values[j * n + i] = values[i * n + j];
          }
        }
      }
    }
  }

  /** Row-major: writes the lower triangle over the upper one, transposed. */
  static void restore(double[] values, int n) {
    for (int rowTile = 0; rowTile < n; rowTile += TILE) {
      for (int columnTile = rowTile; columnTile < n; columnTile += TILE) {
        for (int i = rowTile; i < Math.min(n, rowTile + TILE); i++) {
          for (int j = Math.max(i + 1, columnTile); j < Math.min(n, columnTile + TILE); j++) {
            values[i * n + j] = values[j * n + i];
          }
        }
      }
    }
  }
}
