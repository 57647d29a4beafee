package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.LayerNorm;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * The LayerNorm of one half of a block, whose branch is F: y = x + F(norm(x)) where it stands
 * before the branch, y = norm(x + F(x)) where it stands behind the sum. Keeps what its backward
 * needs. All tensors are n × hidden_size.
 */
final class BranchNorm {
  private final LayerNorm norm;
  private final Elementwise elementwise = new Elementwise();
  private final String weight;
  private final String bias;
  private final boolean before;

  /** norm(x), or x + F(x) for the backward. */
  private final Tensor kept;

  private final Tensor statistics;
  private final Tensor outputGradient;

  /**
   * @param name what the names of its weights inside the block start with
   * @param before whether the norm stands before the branch
   * @param training whether there will be a backward
   */
  BranchNorm(
      String name,
      boolean before,
      int hiddenSize,
      float epsilon,
      Arena arena,
      int maxTokens,
      boolean training) {
    norm = new LayerNorm(hiddenSize, epsilon);
    weight = name + ".weight";
    bias = name + ".bias";
    this.before = before;
    kept = arena.tensor(before || training ? maxTokens : 0, hiddenSize);
    statistics = arena.tensor(2, maxTokens);
    outputGradient = arena.tensor(!before && training ? maxTokens : 0, hiddenSize);
  }

  /** What the branch gets: norm(x) or x. */
  Tensor forwardInput(BlockWeights weights, Tensor x) {
    if (before) {
      normalise(weights, x, kept.rows(0, x.rows()));
    }
    return branchInput(x);
  }

  /** What the branch got at the last {@link #forwardInput}, which was given x. */
  Tensor branchInput(Tensor x) {
    return before ? kept.rows(0, x.rows()) : x;
  }

  /** Turns the sum of x and its branch into y. */
  void forwardSum(BlockWeights weights, Tensor sum) {
    if (before) {
      return;
    }
    if (kept.rows() > 0) {
      kept.rows(0, sum.rows()).copyFrom(sum);
    }
    normalise(weights, sum, sum);
  }

  /**
   * Turns the gradient of y into that of the sum.
   *
   * @param accumulate whether to add to the weights' gradients rather than to overwrite them
   */
  void backwardSum(
      BlockWeights weights, Tensor gradient, BlockWeights gradients, boolean accumulate) {
    if (before) {
      return;
    }
    Tensor upstream = outputGradient.rows(0, gradient.rows());
    upstream.copyFrom(gradient);
    gradient.zero();
    Tensor sum = kept.rows(0, gradient.rows());
    backward(weights, sum, upstream, gradient, gradients, accumulate);
  }

  /**
   * Turns the gradient of the sum into that of x.
   *
   * @param branchGradient gradient of what the branch got
   * @param accumulate whether to add to the weights' gradients rather than to overwrite them
   */
  void backwardInput(
      BlockWeights weights,
      Tensor x,
      Tensor branchGradient,
      Tensor gradient,
      BlockWeights gradients,
      boolean accumulate) {
    if (before) {
      backward(weights, x, branchGradient, gradient, gradients, accumulate);
    } else {
      elementwise.add(gradient, branchGradient);
    }
  }

  /** As {@link #backwardInput} for the weights alone. */
  void backwardWeights(
      Tensor x, Tensor branchGradient, BlockWeights gradients, boolean accumulate) {
    if (before) {
      begin(gradients, accumulate);
      norm.backwardWeights(
          x,
          statistics.columns(0, x.rows()),
          branchGradient,
          gradients.tensor(weight),
          gradients.tensor(bias));
    }
  }

  private void normalise(BlockWeights weights, Tensor input, Tensor output) {
    norm.forward(
        input,
        weights.tensor(weight),
        weights.tensor(bias),
        output,
        statistics.columns(0, input.rows()));
  }

  private void backward(
      BlockWeights weights,
      Tensor input,
      Tensor upstream,
      Tensor inputGradient,
      BlockWeights gradients,
      boolean accumulate) {
    begin(gradients, accumulate);
    norm.backward(
        input,
        weights.tensor(weight),
        statistics.columns(0, input.rows()),
        upstream,
        inputGradient,
        gradients.tensor(weight),
        gradients.tensor(bias));
  }

  private void begin(BlockWeights gradients, boolean accumulate) {
    if (!accumulate) {
      gradients.tensor(weight).zero();
      gradients.tensor(bias).zero();
    }
  }
}
