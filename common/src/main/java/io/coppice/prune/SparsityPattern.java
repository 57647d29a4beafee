package io.coppice.prune;

/** Which share of a layer's weights is pruned, and how the pruned ones may lie. */
public sealed interface SparsityPattern extends LayerPattern permits Unstructured, SemiStructured {

  /** The share of weights that is pruned, at least 0 and below 1. */
  double sparsity();
}
