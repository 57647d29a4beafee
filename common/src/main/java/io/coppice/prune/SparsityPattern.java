package io.coppice.prune;

/** The share of a layer's weights that is pruned, and the places where the pruned ones may be. */
public sealed interface SparsityPattern extends LayerPattern permits Unstructured, SemiStructured {

  /** The share of weights that is pruned, at least 0 and below 1. */
  double sparsity();
}
