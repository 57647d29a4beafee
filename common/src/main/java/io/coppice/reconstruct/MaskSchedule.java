package io.coppice.reconstruct;

import java.io.Serializable;
import java.math.BigDecimal;

/**
 * The steps of a training before which masks shrink, and the sparsity that they come to: s + (s₀ −
 * s)(1 − t/T)³ before step t, the cubic schedule of Zhu and Gupta ("To prune, or not to prune",
 * arXiv 1710.01878). Before step T they reach s, and are fixed from then on.
 *
 * @param start s₀, the sparsity before the first step, at least 0 and below 1; where it is above s,
 *     s takes its place
 * @param interval steps from one time to the next, at least 1
 * @param end T ÷ the steps of the training, at least 0 and below 1
 */
public record MaskSchedule(double start, int interval, double end) implements Serializable {
  public MaskSchedule {
    if (!(start >= 0 && start < 1) || interval < 1 || !(end >= 0 && end < 1)) {
      throw new IllegalArgumentException(
          "Masks cannot start at %s, shrink every %d steps and end after %s of them"
              .formatted(start, interval, end));
    }
  }

  /**
   * T, the step before which masks reach their sparsity: ⌊end · steps⌋ of the decimal that the user
   * wrote, so that it is below {@code steps}.
   *
   * @param steps of the training, at least 1
   */
  public long lastStep(long steps) {
    return BigDecimal.valueOf(end).multiply(BigDecimal.valueOf(steps)).longValue();
  }

  /**
   * Whether masks shrink before a step.
   *
   * @param step from 0
   * @param last T
   */
  boolean shrinksBefore(long step, long last) {
    return step == last || step < last && step % interval == 0;
  }

  /**
   * The sparsity before a step.
   *
   * @param target s
   * @param step from 0
   * @param last T
   */
  public double sparsity(double target, long step, long last) {
    if (step >= last) {
      return target;
    }
    double left = 1 - (double) step / last;
    return target + (startBelow(target) - target) * left * left * left;
  }

  /** The sparsity before the first step, where masks shrink at all. */
  public double startBelow(double target) {
    return Math.min(start, target);
  }
}
