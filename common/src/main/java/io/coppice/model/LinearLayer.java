package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/** A linear layer among a block's weights: y = x · Wᵀ + b, where b may be missing. */
final class LinearLayer {
  private final Linear linear;
  private final Elementwise elementwise;
  private final LinearSpec spec;
  private final ParameterNames names;

  LinearLayer(Blas blas, LinearSpec spec) {
    linear = new Linear(blas);
    elementwise = new Elementwise(blas.pool());
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
  void forward(BlockWeights weights, Factor input, Tensor output) {
    linear.forward(input.operand(), weights.operand(names.weight()), output, false);
    addBias(weights, output);
  }

  /** Adds y to a sum. */
  void forwardAdding(BlockWeights weights, Factor input, Tensor sum) {
    linear.forward(input.operand(), weights.operand(names.weight()), sum, true);
    addBias(weights, sum);
  }

  private void addBias(BlockWeights weights, Tensor output) {
    if (spec.hasBias()) {
      elementwise.addToRows(output, weights.tensor(names.bias()));
    }
  }

  /** Overwrites {@code inputGradient} by the gradient of the input. */
  void backwardInput(BlockWeights weights, Factor outputGradient, Tensor inputGradient) {
    linear.backwardInput(
        outputGradient.operand(), weights.operand(names.weight()), inputGradient, false);
  }

  /** Adds the gradient of the input to {@code inputGradient}. */
  void backwardInputAdding(BlockWeights weights, Factor outputGradient, Tensor inputGradient) {
    linear.backwardInput(
        outputGradient.operand(), weights.operand(names.weight()), inputGradient, true);
  }

  /** The gradients of the weights, if there is room for them. */
  void backwardWeights(Factor outputGradient, Factor input, WeightGradients gradients) {
    if (!gradients.has(names.weight())) {
      return;
    }
    linear.backwardWeight(
        outputGradient.operand(),
        input.operand(),
        outputGradient.room(),
        gradients.tensor(names.weight()),
        gradients.accumulate());
    if (spec.hasBias()) {
      elementwise.addRowSum(outputGradient.exact(), gradients.toAddTo(names.bias()));
    }
  }
}
