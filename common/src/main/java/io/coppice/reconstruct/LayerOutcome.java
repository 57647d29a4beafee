package io.coppice.reconstruct;

import io.coppice.prune.LayerPattern;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruneResult;
import java.util.Optional;

/**
 * What came of one layer when its block was pruned.
 *
 * @param name the weight's name inside the block
 * @param pattern what was asked for
 * @param result what it came to
 * @param refit the layer's output error around the refit, if there was one
 */
public record LayerOutcome(
    String name, LayerPattern pattern, PruneResult result, Optional<LayerRefit.Errors> refit) {}
