package io.coppice.job.block;

import io.coppice.reconstruct.LayerOutcome;
import java.io.Serializable;
import java.util.List;

/** The weights that a block begins its training with. */
public sealed interface Beginning extends Serializable {
  /**
   * The dense weights, pruned or, with gradual masks, to be pruned in training: for a block that is
   * trained for the first time.
   */
  record Pruned(PruningPlan.Block plan) implements Beginning {}

  /**
   * Weights that exist already, whose zeros are the mask: for any later time.
   *
   * @param layers results of pruning, if they have not been reported yet
   */
  record Continued(BlockFiles previous, List<LayerOutcome> layers) implements Beginning {
    public Continued {
      layers = List.copyOf(layers);
    }
  }
}
