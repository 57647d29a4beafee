package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import java.util.List;
import java.util.Optional;

/**
 * The blocks that are trained.
 *
 * @param weights of each block, as training begins; where masks shrink, dense
 * @param masks that shrink while they are trained, if there are any; zeros of all other prunable
 *     weights are the mask and stay zero
 */
public record Student(List<BlockWeights> weights, Optional<GradualMasks> masks) {
  public Student {
    weights = List.copyOf(weights);
    masks = masks.filter(GradualMasks::shrink);
  }

  /** Blocks that are pruned already. */
  public static Student pruned(List<BlockWeights> weights) {
    return new Student(weights, Optional.empty());
  }
}
