package io.coppice.prune;

import java.io.Serializable;

/** The pattern of one layer after pruning: none ({@link Dense}), or zeros in certain places. */
public sealed interface LayerPattern extends Serializable permits Dense, SparsityPattern {}
