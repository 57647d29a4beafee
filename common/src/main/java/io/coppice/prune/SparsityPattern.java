package io.coppice.prune;

/** Which share of a layer's weights is pruned, and how the pruned ones may lie. */
public sealed interface SparsityPattern permits Unstructured {

  /** The share of weights that is pruned, at least 0 and below 1. */
  double sparsity();

  /**
   * How many of the first {@code elements} weights of a layer are pruned. The k-th group of a layer
   * (a row, a block of columns) prunes the difference between its end and its start, so that the
   * groups add up to exactly this count for the layer, whatever the shape.
   */
  long pruned(long elements);
}
