package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * SparseGPT's work on one block of columns: chooses the mask, then goes through the columns with
 * updates inside of the block. Rows are independent once the mask is known; they are handled in
 * tiles that stay in cache. One instance serves all blocks of a layer and allocates nothing per
 * column. Float32 throughout: masks equal those of a float64 computation and weights agree to 1e-5,
 * because the factor, where precision is lost, is float64.
 */
final class ColumnBlock {
  private static final int TILE_ROWS = 32;

  private final Ranking ranking;
  private final int width;
  private final float[] factor;
  private final float[] weights;
  private final float[] errors;
  private final int[] keys;
  private final float[] diagonal;
  private long zeros;
  private double squaredErrors;

  /**
   * @param width the most columns of a block
   */
  ColumnBlock(String layer, int width) {
    this.ranking = new Ranking(layer);
    this.width = width;
    this.factor = new float[width * width];
    this.weights = new float[TILE_ROWS * width];
    this.errors = new float[TILE_ROWS * width];
    this.keys = new int[width];
    this.diagonal = new float[width];
  }

  /** Weights of all blocks so far that are zero now. */
  long zeros() {
    return zeros;
  }

  /** The sum of squared errors e of all blocks so far. */
  double squaredErrors() {
    return squaredErrors;
  }

  /**
   * Prunes a block in place.
   *
   * @param block rows × columns of the block, updated for all blocks before
   * @param first the block's first column
   * @param quota how many weights to prune
   * @param blockErrors rows × columns of the block, overwritten by the errors e
   */
  void prune(Tensor block, InverseFactor inverse, int first, long quota, Tensor blockErrors) {
    int columns = block.columns();
    for (int i = 0; i < columns; i++) {
      inverse.read(first + i, first + i, factor, i * width + i, columns - i);
      diagonal[i] = factor[i * width + i];
    }
    ranking.select(
        block.rows(),
        columns,
        keys,
        quota,
        (row, destination) -> {
          block.readRow(row, weights);
          writeKeys(0, columns, destination);
        });
    for (int firstRow = 0; firstRow < block.rows(); firstRow += TILE_ROWS) {
      int rows = Math.min(TILE_ROWS, block.rows() - firstRow);
      pruneTile(block.rows(firstRow, rows), blockErrors.rows(firstRow, rows));
    }
  }

  private void writeKeys(int offset, int columns, int[] destination) {
    for (int column = 0; column < columns; column++) {
      float weight = weights[offset + column];
      destination[column] = ranking.key(weight, Math.abs(weight) / diagonal[column]);
    }
  }

  private void pruneTile(Tensor tile, Tensor tileErrors) {
    int columns = tile.columns();
    for (int row = 0; row < tile.rows(); row++) {
      tile.read(row, 0, weights, row * width, columns);
      writeKeys(row * width, columns, keys);
      for (int column = 0; column < columns; column++) {
        // The mask waits in the error's place: the error of a pruned weight is known later.
        errors[row * width + column] = ranking.takes(keys[column]) ? 1 : 0;
      }
    }
    for (int column = 0; column < columns; column++) {
      for (int offset = column; offset < tile.rows() * width; offset += width) {
        if (errors[offset] != 0) {
          float error = weights[offset] / diagonal[column];
          errors[offset] = error;
          weights[offset] = 0;
          squaredErrors += (double) error * error;
          subtract(error, column * width + column + 1, offset + 1, columns - column - 1);
        }
      }
    }
    for (int row = 0; row < tile.rows(); row++) {
      tile.write(row, 0, weights, row * width, columns);
      tileErrors.write(row, 0, errors, row * width, columns);
      for (int column = 0; column < columns; column++) {
        zeros += weights[row * width + column] == 0 ? 1 : 0;
      }
    }
  }

  private void subtract(float error, int factorOffset, int offset, int length) {
    for (int i = 0; i < length; i++) {
      weights[offset + i] -= error * factor[factorOffset + i];
    }
  }
}
