package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * The number of weights that are pruned on the way to a sparsity. At the target these are the
 * target's own counts; below it, a row keeps round(columns · (1 − sparsity)) of its weights, or the
 * layer round(size · (1 − sparsity)), but no part prunes more than it will in the end.
 *
 * @param comparison whether rows are counted, or the layer
 * @param target the sparsity in the end
 * @param rows of the weight
 * @param columns of the weight
 */
public record PrunedCounts(Comparison comparison, SparsityPattern target, int rows, int columns) {

  static PrunedCounts of(Comparison comparison, SparsityPattern target, Tensor weight) {
    return new PrunedCounts(comparison, target, weight.rows(), weight.columns());
  }

  /** The number of a row's weights that are pruned at a sparsity. */
  long ofRow(int row, double sparsity) {
    return limited(columns, target.prunedOfRow(row, columns), sparsity);
  }

  /** The number of all weights that are pruned at a sparsity. */
  public long ofLayer(double sparsity) {
    if (comparison == Comparison.LAYER) {
      long size = (long) rows * columns;
      return limited(size, target.pruned(size), sparsity);
    }
    long sum = 0;
    for (int row = 0; row < rows; row++) {
      sum += ofRow(row, sparsity);
    }
    return sum;
  }

  private long limited(long elements, long inTheEnd, double sparsity) {
    return sparsity >= target.sparsity()
        ? inTheEnd
        : Math.min(inTheEnd, elements - Math.round(elements * (1 - sparsity)));
  }
}
