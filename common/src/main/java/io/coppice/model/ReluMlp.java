package io.coppice.model;

import io.coppice.kernel.Relu;
import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;

/** OPT's feed-forward branch: relu(x·W1ᵀ + b1)·W2ᵀ + b2. */
final class ReluMlp implements Mlp {
  private final LinearLayer first;
  private final LinearLayer second;
  private final Relu relu = new Relu();
  private final TokenRows activation;
  private final TokenRows activationGradient;

  ReluMlp(int feedForwardSize, BlockWorkspace workspace) {
    first = new LinearLayer(workspace.blas(), OptModel.FC1);
    second = new LinearLayer(workspace.blas(), OptModel.FC2);
    activation = workspace.rows(feedForwardSize);
    activationGradient = workspace.backwardRows(feedForwardSize);
  }

  @Override
  public void forward(BlockWeights weights, Tensor input, Tensor sum, LinearInputs linearInputs) {
    Tensor activated = activation.first(input.rows());
    linearInputs.observe(first.input(), input);
    first.forward(weights, input, activated);
    relu.forward(activated);
    linearInputs.observe(second.input(), activated);
    second.forwardAdding(weights, activated, sum);
  }

  @Override
  public void backward(
      BlockWeights weights, BranchInput branch, Tensor sumGradient, WeightGradients gradients) {
    Tensor activated = activation.first(sumGradient.rows());
    Tensor gradient = activationGradient.first(sumGradient.rows());
    second.backwardInput(weights, sumGradient, gradient);
    second.backwardWeights(sumGradient, activated, gradients);
    relu.backward(activated, gradient);
    first.backwardInput(weights, gradient, branch.gradient());
    first.backwardWeights(gradient, branch.input(), gradients);
  }
}
