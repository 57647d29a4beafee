package io.coppice.prune;

import io.coppice.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * The result of pruning one layer.
 *
 * @param pruned weights that are zero now: as many as the pattern asks for, and more only where
 *     more were zero already, were in dead columns (SparseGPT) or were updated to exactly zero
 * @param kept weights that are not zero
 * @param deadColumns input columns that were zero in all of the calibration text; 0 for methods
 *     that do not look at inputs
 * @param damping the share of the Hessian's mean diagonal that was added to its diagonal; 0 for
 *     methods without a Hessian
 * @param outputError Σ (δ·x)² over outputs and tokens, per sequence, where δ is the change of the
 *     weight by pruning; includes the damping's share of it. Known to SparseGPT only
 */
public record PruneResult(
    long pruned, long kept, int deadColumns, double damping, OptionalDouble outputError) {

  /** The result for a weight as it is now, pruned or left dense, with all its zeros. */
  public static PruneResult of(Tensor weight) {
    long zeros = weight.countZeros();
    return new PruneResult(zeros, weight.size() - zeros, 0, 0, OptionalDouble.empty());
  }

  /** The same with dead columns. */
  PruneResult withDeadColumns(int count) {
    return new PruneResult(pruned, kept, count, damping, outputError);
  }

  /** The share of weights that is zero. */
  public double sparsity() {
    long size = pruned + kept;
    return size == 0 ? 0 : (double) pruned / size;
  }
}
