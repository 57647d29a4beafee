package io.coppice.reconstruct;

import java.io.Serializable;

/**
 * The outcome of pruning one layer.
 *
 * @param name the weight's name inside the block
 * @param pattern of its zeros: {@code unstructured}, {@code 2:4} and the like, or {@code dense}
 * @param sparsity the share of its weights that is zero
 * @param deadColumns inputs that were zero in all calibration text
 * @param damping the value that was added to the Hessian's diagonal, as a share of its mean
 * @param errorPruned the layer's output error after pruning, ÷ its dense output's sum of squares;
 *     NaN without a refit, because only a refit measures it
 * @param errorRefitted the same after the refit; NaN without
 */
public record LayerOutcome(
    String name,
    String pattern,
    double sparsity,
    int deadColumns,
    double damping,
    double errorPruned,
    double errorRefitted)
    implements Serializable {

  /** The same with another sparsity, of a layer that was pruned while it was trained. */
  public LayerOutcome withSparsity(double share) {
    return new LayerOutcome(name, pattern, share, deadColumns, damping, errorPruned, errorRefitted);
  }

  /** Whether it was refitted, so that its output errors are known. */
  public boolean hasRefit() {
    return !Double.isNaN(errorPruned);
  }
}
