package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.tensor.Tensor;

/**
 * The norm of one half of a block with the branch F: y = x + F(norm(x)) where it comes before the
 * branch, y = norm(x + F(x)) where it comes after the sum. Keeps the tensors that its backward
 * needs. All tensors are n × hidden_size.
 */
final class BranchNorm {

  /** The place of a norm in its half of the block. */
  enum Place {
    BEFORE_BRANCH,
    AFTER_SUM
  }

  private final Norm norm;
  private final Elementwise elementwise;
  private final boolean before;

  /** norm(x), or x + F(x) for the backward. */
  private final TokenRows kept;

  private final TokenRows outputGradient;

  BranchNorm(Norm norm, Place place, int hiddenSize, BlockWorkspace workspace) {
    this.norm = norm;
    elementwise = new Elementwise(workspace.blas().pool());
    before = place == Place.BEFORE_BRANCH;
    kept = before ? workspace.rows(hiddenSize) : workspace.backwardRows(hiddenSize);
    outputGradient =
        before
            ? new TokenRows(workspace.arena().tensor(0, hiddenSize))
            : workspace.backwardRows(hiddenSize);
  }

  /** The input of the branch: norm(x) or x. */
  Tensor forwardInput(BlockWeights weights, Tensor x) {
    if (before) {
      norm.forward(weights, x, kept.first(x.rows()));
    }
    return branchInput(x);
  }

  /** The input of the branch at the last {@link #forwardInput}, which was given x. */
  Tensor branchInput(Tensor x) {
    return before ? kept.first(x.rows()) : x;
  }

  /** Turns the sum of x and its branch into y. */
  void forwardSum(BlockWeights weights, Tensor sum) {
    if (before) {
      return;
    }
    if (!kept.isEmpty()) {
      kept.first(sum.rows()).copyFrom(sum);
    }
    norm.forward(weights, sum, sum);
  }

  /** Turns the gradient of y into that of the sum. */
  void backwardSum(BlockWeights weights, Tensor gradient, WeightGradients gradients) {
    if (before) {
      return;
    }
    Tensor upstream = outputGradient.first(gradient.rows());
    upstream.copyFrom(gradient);
    gradient.zero();
    norm.backward(weights, kept.first(gradient.rows()), upstream, gradient, gradients);
  }

  /**
   * Turns the gradient of the sum into that of x.
   *
   * @param branchGradient gradient by the input of the branch
   */
  void backwardInput(
      BlockWeights weights,
      Tensor x,
      Tensor branchGradient,
      Tensor gradient,
      WeightGradients gradients) {
    if (before) {
      norm.backward(weights, x, branchGradient, gradient, gradients);
    } else {
      elementwise.add(gradient, branchGradient);
    }
  }

  /** As {@link #backwardInput} for the weights alone. */
  void backwardWeights(Tensor x, Tensor branchGradient, WeightGradients gradients) {
    if (before) {
      norm.backwardWeights(x, branchGradient, gradients);
    }
  }
}
