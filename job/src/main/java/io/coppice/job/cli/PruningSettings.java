package io.coppice.job.cli;

import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import java.io.Serializable;
import java.util.List;

/**
 * Which weights go.
 *
 * @param method the pruner
 * @param pattern where zeros may stand in every pruned layer, and how many
 * @param overrides what is done to some tensors instead; of several that match the last counts
 * @param refitIterations steps of conjugate gradients by which a pruned layer is refitted; 0 for
 *     none
 */
public record PruningSettings(
    PruningMethod method,
    SparsityPattern pattern,
    List<LayerOverride> overrides,
    int refitIterations,
    Allocation allocation)
    implements Serializable {
  public PruningSettings {
    overrides = List.copyOf(overrides);
  }
}
