package io.coppice.prune;

import java.io.Serializable;

/** What pruning makes of one layer: nothing ({@link Dense}), or zeros in a pattern. */
public sealed interface LayerPattern extends Serializable permits Dense, SparsityPattern {}
