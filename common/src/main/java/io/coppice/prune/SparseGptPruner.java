package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * SparseGPT (Frantar and Alistarh, "SparseGPT: Massive Language Models Can Be Accurately Pruned in
 * One-Shot", arXiv 2301.00774): goes through the columns from left to right, prunes by the optimal
 * brain surgeon's measure and lets the columns to the right compensate for it.
 *
 * <p>With U the upper factor of the damped inverse Hessian ({@link InverseFactor}), a block of
 * columns at a time: the weights of lowest w²/u_ii² are pruned, compared over all rows of the block
 * or, for N:M, over each group of a row when its first column is reached, as updated until then; a
 * pruned weight of column i leaves the error e = w/u_ii, and the weights of its row to the right
 * change by −e·u_ij, within the block at once, after it in one product for all of its errors.
 * Weights of dead columns become zero first.
 *
 * <p>Unstructured, a block prunes {@code pruned(rows·end) − pruned(rows·start)} weights; the
 * original prunes one more per block, and all that tie with it. For N:M, blocks are narrowed to
 * whole groups.
 *
 * <p>Native memory, in addition to the Hessian: 4 · (out + in) · block size bytes.
 *
 * @param blas runs the products
 * @param blockSize the most columns of a block
 * @param damping share of the Hessian's mean diagonal that is added to its diagonal
 */
public record SparseGptPruner(Blas blas, int blockSize, double damping) implements Pruner {
  private static final int DEFAULT_WIDTH = 128;

  public SparseGptPruner {
    if (blockSize < 1 || !(damping > 0 && damping <= 1)) {
      throw new IllegalArgumentException(
          "SparseGPT needs a block size of at least 1 and a damping above 0 and at most 1, not %d"
                  .formatted(blockSize)
              + " and "
              + damping);
    }
  }

  /** The settings of the paper's code: blocks of 128 columns, damping 0.01. */
  public static SparseGptPruner withDefaults(Blas blas) {
    return new SparseGptPruner(blas, DEFAULT_WIDTH, 0.01);
  }

  /**
   * The scratch memory for pruning a layer.
   *
   * @param errors of all rows, of one block of columns
   * @param factorRows the inverse's factor, of the same block
   */
  private record Scratch(Tensor errors, Tensor factorRows) {
    static Scratch allocate(int rows, int columns, int width, Arena arena) {
      return new Scratch(arena.tensor(rows, width), arena.tensor(width, columns));
    }
  }

  @Override
  public void reserve(int rows, int columns, Arena arena) {
    Scratch.allocate(rows, columns, Math.min(blockSize, columns), arena);
  }

  @Override
  public boolean needsInputs() {
    return true;
  }

  @Override
  public InputStatistics newStatistics(String input, int columns, Arena arena) {
    return new Hessian(input, columns, blas, arena);
  }

  @Override
  public PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern) {
    int blockWidth = blockWidth(layer, weight, pattern);
    InverseFactor factor =
        InputChecks.statistics(layer, weight, statistics, Hessian.class).inverseFactor(damping);
    zeroDeadColumns(weight, factor);
    int rows = weight.rows();
    int columns = weight.columns();
    int width = Math.min(blockWidth, columns);
    try (Arena arena = Arena.unbounded("pruning " + layer)) {
      Scratch scratch = Scratch.allocate(rows, columns, width, arena);
      float[] row = new float[columns];
      ColumnBlock block = new ColumnBlock(layer, pattern, width, blas.pool());
      for (int first = 0; first < columns; first += blockWidth) {
        int count = Math.min(blockWidth, columns - first);
        int end = first + count;
        Tensor blockErrors = scratch.errors().columns(0, count);
        block.prune(weight.columns(first, count), factor, first, blockErrors);
        if (end < columns) {
          Tensor right = scratch.factorRows().rows(0, count).columns(0, columns - end);
          for (int i = 0; i < count; i++) {
            factor.read(first + i, end, row, 0, columns - end);
            right.write(i, 0, row, 0, columns - end);
          }
          blas.multiply(-1, blockErrors, right, 1, weight.columns(end, columns - end));
        }
      }
      return result(layer, weight, factor, block);
    }
  }

  /** Scores are |w| ÷ √[(H + λI)⁻¹]_jj, which order as w² ÷ [(H + λI)⁻¹]_jj; of dead columns, 0. */
  @Override
  public GradualPruning gradual(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern target) {
    InverseFactor inverse =
        InputChecks.statistics(layer, weight, statistics, Hessian.class).inverseFactor(damping);
    double[] diagonal = inverse.inverseDiagonal();
    float[] factors = new float[diagonal.length];
    for (int column = 0; column < factors.length; column++) {
      boolean dead = inverse.deadColumns().get(column);
      factors[column] = dead ? 0 : (float) (1 / Math.sqrt(diagonal[column]));
    }
    PruneResult counted = PruneResult.of(weight);
    return new GradualPruning(
        layer,
        factors,
        PrunedCounts.of(comparison(), target, weight),
        new PruneResult(
            counted.pruned(),
            counted.kept(),
            inverse.deadColumns().cardinality(),
            inverse.damping(),
            OptionalDouble.empty()));
  }

  /** The block size, or less so that a block holds whole groups; at least one group. */
  private int blockWidth(String layer, Tensor weight, SparsityPattern pattern) {
    if (pattern instanceof SemiStructured groups) {
      groups.requireWholeGroups(layer, weight.columns());
      return Math.max(1, blockSize / groups.group()) * groups.group();
    }
    return blockSize;
  }

  private static PruneResult result(
      String layer, Tensor weight, InverseFactor factor, ColumnBlock block) {
    if (!Double.isFinite(block.squaredErrors())) {
      throw new InvalidDataException(
          "Pruning %s overflowed float32; check the weights and the calibration text"
              .formatted(layer));
    }
    // With Δ the change of W and E the errors, Δ = E·U, so Δ·H·Δᵀ = E·Eᵀ; H has a factor 2.
    PruneResult counted = PruneResult.of(weight);
    return new PruneResult(
        counted.pruned(),
        counted.kept(),
        factor.deadColumns().cardinality(),
        factor.damping(),
        OptionalDouble.of(block.squaredErrors() / 2));
  }

  private static void zeroDeadColumns(Tensor weight, InverseFactor factor) {
    factor.deadColumns().stream().forEach(column -> weight.columns(column, 1).zero());
  }
}
