package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/** A linear layer among a block's weights: y = x · Wᵀ + b, where b may be missing. */
final class LinearLayer {
  private final Linear linear;
  private final Elementwise elementwise = new Elementwise();
  private final LinearSpec spec;
  private final ParameterNames names;

  LinearLayer(Blas blas, LinearSpec spec) {
    linear = new Linear(blas);
    this.spec = spec;
    names = spec.parameters();
  }

  /** The {@link WeightShape#input()} that it multiplies. */
  String input() {
    return spec.input();
  }

  /**
   * Computes y.
   *
   * @param input n × in
   * @param output n × out, overwritten
   */
  void forward(BlockWeights weights, Tensor input, Tensor output) {
    linear.forward(input, weights.tensor(names.weight()), output, false);
    addBias(weights, output);
  }

  /** Adds y to a sum. */
  void forwardAdding(BlockWeights weights, Tensor input, Tensor sum) {
    linear.forward(input, weights.tensor(names.weight()), sum, true);
    addBias(weights, sum);
  }

  private void addBias(BlockWeights weights, Tensor output) {
    if (spec.hasBias()) {
      elementwise.addToRows(output, weights.tensor(names.bias()));
    }
  }

  /** Overwrites {@code inputGradient} by the gradient of the input. */
  void backwardInput(BlockWeights weights, Tensor outputGradient, Tensor inputGradient) {
    linear.backwardInput(outputGradient, weights.tensor(names.weight()), inputGradient, false);
  }

  /** Adds the gradient of the input to {@code inputGradient}. */
  void backwardInputAdding(BlockWeights weights, Tensor outputGradient, Tensor inputGradient) {
    linear.backwardInput(outputGradient, weights.tensor(names.weight()), inputGradient, true);
  }

  /** The gradients of the weights. */
  void backwardWeights(Tensor outputGradient, Tensor input, WeightGradients gradients) {
    linear.backwardWeight(
        outputGradient, input, gradients.tensor(names.weight()), gradients.accumulate());
    if (spec.hasBias()) {
      elementwise.addRowSum(outputGradient, gradients.toAddTo(names.bias()));
    }
  }
}
