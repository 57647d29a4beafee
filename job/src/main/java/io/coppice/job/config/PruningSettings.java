package io.coppice.job.config;

import io.coppice.prune.PruningMethod;
import java.io.Serializable;

/**
 * Which weights go.
 *
 * @param method the pruner
 * @param sparsity fraction of zeros in every pruned layer, in [0, 1)
 * @param pattern where zeros may stand
 */
public record PruningSettings(PruningMethod method, double sparsity, SparsityPattern pattern)
    implements Serializable {}
