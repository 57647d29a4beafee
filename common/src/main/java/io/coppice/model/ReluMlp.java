package io.coppice.model;

import io.coppice.kernel.Relu;
import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;

/** OPT's feed-forward branch: relu(x·W1ᵀ + b1)·W2ᵀ + b2. */
final class ReluMlp implements Mlp {
  private final LinearLayer first;
  private final LinearLayer second;
  private final Relu relu;
  private final FactorRows inputFactors;
  private final FactorRows activationFactors;
  private final FactorRows gradientFactors;
  private final TokenRows activation;
  private final TokenRows activationGradient;

  ReluMlp(int hiddenSize, int feedForwardSize, BlockWorkspace workspace) {
    relu = new Relu(workspace.blas().pool());
    inputFactors = workspace.factors(hiddenSize);
    activationFactors = workspace.factors(feedForwardSize);
    gradientFactors = workspace.backwardFactors(Math.max(hiddenSize, feedForwardSize));
    first = new LinearLayer(workspace.blas(), OptModel.FC1);
    second = new LinearLayer(workspace.blas(), OptModel.FC2);
    activation = workspace.rows(feedForwardSize);
    activationGradient = workspace.backwardRows(feedForwardSize);
  }

  @Override
  public void forward(BlockWeights weights, Tensor input, Tensor sum, LinearInputs linearInputs) {
    Tensor activated = activation.first(input.rows());
    linearInputs.observe(first.input(), input);
    first.forward(weights, inputFactors.of(input, weights), activated);
    relu.forward(activated);
    linearInputs.observe(second.input(), activated);
    second.forwardAdding(weights, activationFactors.of(activated, weights), sum);
  }

  @Override
  public void backward(
      BlockWeights weights, BranchInput branch, Tensor sumGradient, WeightGradients gradients) {
    Tensor activated = activation.first(sumGradient.rows());
    Tensor gradient = activationGradient.first(sumGradient.rows());
    Factor upstream = gradientFactors.of(sumGradient, weights);
    second.backwardInput(weights, upstream, gradient);
    second.backwardWeights(upstream, activationFactors.held(activated, weights), gradients);
    relu.backward(activated, gradient);
    Factor factor = gradientFactors.of(gradient, weights);
    first.backwardInput(weights, factor, branch.gradient());
    first.backwardWeights(factor, inputFactors.held(branch.input(), weights), gradients);
  }
}
