package io.coppice.prune;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * SparseGPT's work on one block of columns: chooses the mask and goes through the columns with
 * updates inside the block. An unstructured mask is chosen for the whole block beforehand; an N:M
 * mask at every M-th column, for the next M columns of each row, from the weights as updated until
 * then. Rows are independent once the mask is known; they are handled in tiles that stay in cache,
 * and shared by the threads of a pool. One instance serves all blocks of a layer and allocates
 * nothing per column. Float32 throughout: masks equal those of a float64 computation and weights
 * agree to 1e-5, because the factor, where precision is lost, is float64.
 */
final class ColumnBlock {
  private static final int TILE_ROWS = 32;

  private final Ranking ranking;
  private final SparsityPattern pattern;
  private final int width;
  private final float[] factor;
  private final float[] diagonal;
  private final float[] weightRow;
  private final int[] rowKeys;
  private final PerWorker<Tile> tiles;
  private double squaredErrors;

  /**
   * @param width the most columns of a block; whole groups of an N:M pattern
   * @param pool whose threads share the rows
   */
  ColumnBlock(String layer, SparsityPattern pattern, int width, KernelPool pool) {
    this.ranking = new Ranking(layer);
    this.pattern = pattern;
    this.width = width;
    this.factor = new float[width * width];
    this.diagonal = new float[width];
    this.weightRow = new float[width];
    this.rowKeys = new int[width];
    this.tiles = new PerWorker<>(pool, Tile::new);
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
    double[] sums = new double[(block.rows() + TILE_ROWS - 1) / TILE_ROWS];
    tiles
        .pool()
        .run(
            sums.length,
            (piece, worker) -> {
              int firstRow = piece * TILE_ROWS;
              int rows = Math.min(TILE_ROWS, block.rows() - firstRow);
              sums[piece] =
                  tiles
                      .of(worker)
                      .prune(block.rows(firstRow, rows), blockErrors.rows(firstRow, rows));
            });
    for (double sum : sums) {
      squaredErrors += sum;
    }
  }

  private void rank(Tensor block, int first, Unstructured unstructured) {
    long start = (long) block.rows() * first;
    ranking.select(
        block.rows(),
        block.columns(),
        rowKeys,
        unstructured.pruned(start + block.size()) - unstructured.pruned(start),
        (row, destination) -> {
          block.readRow(row, weightRow);
          writeKeys(weightRow, 0, 0, block.columns(), destination);
        });
  }

  /** Keys of columns {@code [column, column + count)} of the row that starts at {@code offset}. */
  private void writeKeys(float[] weights, int offset, int column, int count, int[] destination) {
    for (int i = 0; i < count; i++) {
      float weight = weights[offset + column + i];
      destination[i] = ranking.key(weight, Math.abs(weight) / diagonal[column + i]);
    }
  }

  /** Rows that one thread handles at a time, in memory of its own. */
  private final class Tile {
    private final float[] weights = new float[TILE_ROWS * width];
    private final float[] errors = new float[TILE_ROWS * width];
    private final int[] keys = new int[width];
    private final Optional<GroupRanking> groups =
        pattern instanceof SemiStructured groupPattern
            ? Optional.of(new GroupRanking(groupPattern))
            : Optional.empty();

    /** The sum of squared errors. */
    double prune(Tensor tile, Tensor tileErrors) {
      double sum = 0;
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
            sum += (double) error * error;
            subtract(error, column * width + column + 1, offset + 1, columns - column - 1);
          }
        }
      }
      for (int row = 0; row < tile.rows(); row++) {
        tile.write(row, 0, weights, row * width, columns);
        tileErrors.write(row, 0, errors, row * width, columns);
      }
      return sum;
    }

    private void markLowest(int rows, int columns) {
      for (int offset = 0; offset < rows * width; offset += width) {
        writeKeys(weights, offset, 0, columns, keys);
        for (int column = 0; column < columns; column++) {
          errors[offset + column] = ranking.takes(keys[column]) ? 1 : 0;
        }
      }
    }

    private void markGroup(int rows, int column, GroupRanking ranked) {
      for (int offset = column; offset < rows * width; offset += width) {
        writeKeys(weights, offset - column, column, ranked.group(), keys);
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
}
