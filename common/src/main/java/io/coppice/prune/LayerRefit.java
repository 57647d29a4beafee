package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Least squares on a fixed mask: minimises ‖(W − W̄)X‖² + λ‖W − W̄‖² over the weights W that
 * pruning kept, where W̄ is the dense weight and X the calibration inputs, by conjugate gradients
 * on the layer's Hessian H ∝ XXᵀ. This is the post-processing step of ALPS (Meng et al., "ALPS:
 * Improved Optimization for Highly Sparse One-Shot Pruning for Large Language Models", arXiv
 * 2406.07831, algorithm 2), with a step size for every row, because the rows are independent
 * problems.
 *
 * <p>With D = W̄ − W, the residual is R = D(H + λI) on the mask; the preconditioner is the inverse
 * of the damped diagonal. λ is 0.01 of the mean diagonal, as in SparseGPT. Columns without any
 * input keep their weights. An iteration is one product of rows × in by in × in. A row whose damped
 * error did not fall, which only rounding can cause, keeps its original weights.
 *
 * <p>Native memory, in addition to {@link FloatHessian}: {@code 16 · min(out, 512) · in} bytes.
 *
 * @param blas runs the products
 * @param iterations the most steps of conjugate gradients, at least 1
 */
public record LayerRefit(Blas blas, int iterations) {
  private static final double DAMPING = 0.01;
  private static final int BLOCK_ROWS = 512;

  public LayerRefit {
    if (iterations < 1) {
      throw new IllegalArgumentException("A refit needs at least 1 iteration, not " + iterations);
    }
  }

  /**
   * The layer's output error Σ ((W − W̄)x)² over outputs and calibration tokens, without λ, divided
   * by that of an empty layer, Σ (W̄x)².
   *
   * @param before error of the pruned weights
   * @param after error of the refitted weights
   */
  public record Errors(double before, double after) {
    /** The errors of a layer that is not refitted. */
    public static final Errors UNKNOWN = new Errors(Double.NaN, Double.NaN);
  }

  /** Takes the native memory that a refit would, apart from the dense weight and the Hessian. */
  public static void reserve(int rows, int columns, Arena arena) {
    scratch(rows, columns, arena);
  }

  private static RefitRows.Scratch scratch(int rows, int columns, Arena arena) {
    return RefitRows.Scratch.allocate(Math.min(BLOCK_ROWS, rows), columns, arena);
  }

  /**
   * Refits {@code weight} in place. Elements that are exactly zero are the mask and stay zero.
   *
   * @param layer the layer's name, for messages
   * @param weight out × in, pruned
   * @param dense out × in, as it was before pruning
   * @param hessian of the layer's input
   */
  public Errors refit(String layer, Tensor weight, Tensor dense, FloatHessian hessian) {
    dense.requireShape(weight.rows(), weight.columns());
    hessian.values().requireShape(weight.columns(), weight.columns());
    int rows = Math.min(BLOCK_ROWS, weight.rows());
    double before = 0;
    double after = 0;
    double energy = 0;
    try (Arena arena = Arena.unbounded("refitting " + layer)) {
      RefitRows block =
          new RefitRows(
              blas,
              hessian,
              hessian.damping(DAMPING),
              scratch(weight.rows(), weight.columns(), arena));
      for (int first = 0; first < weight.rows(); first += rows) {
        int count = Math.min(rows, weight.rows() - first);
        block.refit(weight.rows(first, count), dense.rows(first, count), iterations);
        before += block.errorBefore();
        after += block.errorAfter();
        energy += block.energy();
      }
    }
    return energy > 0 ? new Errors(before / energy, after / energy) : new Errors(0, 0);
  }
}
