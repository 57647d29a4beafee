package io.coppice.reconstruct;

import io.coppice.prune.LayerPattern;
import io.coppice.prune.PruneResult;

/**
 * What came of one layer when its block was pruned.
 *
 * @param name the weight's name inside the block
 * @param pattern what was asked for
 * @param result what it came to
 */
public record LayerOutcome(String name, LayerPattern pattern, PruneResult result) {}
