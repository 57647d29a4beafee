package io.coppice.job.block;

import io.coppice.reconstruct.LayerOutcome;
import java.io.Serializable;
import java.util.List;

/** What a block's weights are before it is trained. */
public sealed interface Beginning extends Serializable {
  /** The first time: the dense weights, pruned. */
  record Pruned(PruningPlan.Block plan) implements Beginning {}

  /**
   * Later: weights that are there already, whose zeros are the mask.
   *
   * @param layers what pruning did, where that was not told yet
   */
  record Continued(BlockFiles previous, List<LayerOutcome> layers) implements Beginning {
    public Continued {
      layers = List.copyOf(layers);
    }
  }
}
