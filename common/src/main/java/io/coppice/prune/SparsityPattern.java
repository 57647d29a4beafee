package io.coppice.prune;

/** The share of a layer's weights that is pruned, and the places where the pruned ones may be. */
public sealed interface SparsityPattern extends LayerPattern permits Unstructured, SemiStructured {

  /** The share of weights that is pruned, at least 0 and below 1. */
  double sparsity();

  /**
   * The number of the first {@code elements} weights of a layer that are pruned.
   *
   * @param elements whole parts of the layer that are compared by themselves: groups of N:M
   */
  long pruned(long elements);

  /** The number of a row's weights that are pruned where each row prunes its part. */
  default long prunedOfRow(int row, int columns) {
    long end = (row + 1L) * columns;
    return pruned(end) - pruned(end - columns);
  }
}
