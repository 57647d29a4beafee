package io.coppice.prune;

import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * SparseGPT's work on one block of columns: chooses the mask and goes through the columns with
 * updates inside the block. An unstructured mask is chosen for the whole block beforehand; an N:M
 * mask at every M-th column, for the next M columns of each row, from the weights as updated until
 * then. Rows are independent once the mask is known; they are handled in tiles that stay in cache.
 * One instance serves all blocks of a layer and allocates nothing per column. Float32 throughout:
 * masks equal those of a float64 computation and weights agree to 1e-5, because the factor, where
 * precision is lost, is float64.
 */
final class ColumnBlock {
  private static final int TILE_ROWS = 32;

  private final Ranking ranking;
  private final SparsityPattern pattern;
  private final int width;
  private final float[] factor;
  private final float[] weights;
  private final float[] errors;
  private final int[] keys;
  private final float[] diagonal;
  private final Optional<GroupRanking> groups;
  private double squaredErrors;

  /**
   * @param width the most columns of a block; whole groups of an N:M pattern
   */
  ColumnBlock(String layer, SparsityPattern pattern, int width) {
    this.ranking = new Ranking(layer);
    this.pattern = pattern;
    this.groups =
        pattern instanceof SemiStructured groupPattern
            ? Optional.of(new GroupRanking(groupPattern))
            : Optional.empty();
    this.width = width;
    this.factor = new float[width * width];
    this.weights = new float[TILE_ROWS * width];
    this.errors = new float[TILE_ROWS * width];
    this.keys = new int[width];
    this.diagonal = new float[width];
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
   * @param blockErrors rows × columns of the block, overwritten by the errors e
   */
  void prune(Tensor block, InverseFactor inverse, int first, Tensor blockErrors) {
    int columns = block.columns();
    for (int i = 0; i < columns; i++) {
      inverse.read(first + i, first + i, factor, i * width + i, columns - i);
      diagonal[i] = factor[i * width + i];
    }
    if (pattern instanceof Unstructured unstructured) {
      rank(block, first, unstructured);
    }
    for (int firstRow = 0; firstRow < block.rows(); firstRow += TILE_ROWS) {
      int rows = Math.min(TILE_ROWS, block.rows() - firstRow);
      pruneTile(block.rows(firstRow, rows), blockErrors.rows(firstRow, rows));
    }
  }

  private void rank(Tensor block, int first, Unstructured unstructured) {
    long start = (long) block.rows() * first;
    ranking.select(
        block.rows(),
        block.columns(),
        keys,
        unstructured.pruned(start + block.size()) - unstructured.pruned(start),
        (row, destination) -> {
          block.readRow(row, weights);
          writeKeys(0, 0, block.columns(), destination);
        });
  }

  /** Keys of columns {@code [column, column + count)} of the row that starts at {@code offset}. */
  private void writeKeys(int offset, int column, int count, int[] destination) {
    for (int i = 0; i < count; i++) {
      float weight = weights[offset + column + i];
      destination[i] = ranking.key(weight, Math.abs(weight) / diagonal[column + i]);
    }
  }

  private void pruneTile(Tensor tile, Tensor tileErrors) {
    int columns = tile.columns();
    for (int row = 0; row < tile.rows(); row++) {
      tile.read(row, 0, weights, row * width, columns);
    }
    // The errors hold the mask at first: the error of a pruned weight is known only later.
    if (groups.isEmpty()) {
      markLowest(tile.rows(), columns);
    }
    for (int column = 0; column < columns; column++) {
      if (groups.isPresent() && column % groups.orElseThrow().group() == 0) {
        markGroup(tile.rows(), column, groups.orElseThrow());
      }
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
    }
  }

  private void markLowest(int rows, int columns) {
    for (int offset = 0; offset < rows * width; offset += width) {
      writeKeys(offset, 0, columns, keys);
      for (int column = 0; column < columns; column++) {
        errors[offset + column] = ranking.takes(keys[column]) ? 1 : 0;
      }
    }
  }

  private void markGroup(int rows, int column, GroupRanking ranked) {
    for (int offset = column; offset < rows * width; offset += width) {
      writeKeys(offset - column, column, ranked.group(), keys);
      Arrays.fill(errors, offset, offset + ranked.group(), 0);
      int pruned = ranked.select(keys, 0);
      for (int i = 0; i < pruned; i++) {
        errors[offset + ranked.column(i)] = 1;
      }
    }
  }

  private void subtract(float error, int factorOffset, int offset, int length) {
    for (int i = 0; i < length; i++) {
      weights[offset + i] -= error * factor[factorOffset + i];
    }
  }
}
