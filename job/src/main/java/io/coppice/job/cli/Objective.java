package io.coppice.job.cli;

import io.coppice.reconstruct.LossKind;
import io.coppice.reconstruct.Selection;
import java.io.Serializable;
import java.util.Optional;

/**
 * The loss that training lowers, and the epoch that is kept for it.
 *
 * @param lastBlock what the last block is trained towards; all others towards activations
 * @param metric that errors of activations are measured in
 * @param select choice of the epoch whose weights are kept
 */
public record Objective(LastBlock lastBlock, Metric metric, Selection select)
    implements Serializable {

  /**
   * The loss of a span of blocks.
   *
   * @param endsModel whether it ends with the model's last block
   */
  public LossKind loss(Level level, boolean endsModel) {
    Optional<LossKind> towards =
        endsModel ? lastBlock.towards(level).map(LossKind.Distributions::new) : Optional.empty();
    return towards.orElseGet(
        () -> metric.isFisher(level) ? new LossKind.Metric() : new LossKind.SquaredError());
  }
}
