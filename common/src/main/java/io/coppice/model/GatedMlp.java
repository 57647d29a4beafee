package io.coppice.model;

import io.coppice.kernel.SwiGlu;
import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;

/** LLaMA's feed-forward branch: (silu(x·Wgateᵀ) ⊙ x·Wupᵀ)·Wdownᵀ. */
final class GatedMlp implements Mlp {
  private final LinearLayer gateProjection;
  private final LinearLayer upProjection;
  private final LinearLayer downProjection;
  private final SwiGlu swiGlu = new SwiGlu();
  private final TokenRows gate;
  private final TokenRows up;
  private final TokenRows activation;
  private final TokenRows gateGradient;
  private final TokenRows activationGradient;

  GatedMlp(int intermediateSize, BlockWorkspace workspace) {
    gateProjection = new LinearLayer(workspace.blas(), LlamaModel.GATE_PROJ);
    upProjection = new LinearLayer(workspace.blas(), LlamaModel.UP_PROJ);
    downProjection = new LinearLayer(workspace.blas(), LlamaModel.DOWN_PROJ);
    gate = workspace.rows(intermediateSize);
    up = workspace.rows(intermediateSize);
    activation = workspace.rows(intermediateSize);
    gateGradient = workspace.backwardRows(intermediateSize);
    activationGradient = workspace.backwardRows(intermediateSize);
  }

  @Override
  public void forward(BlockWeights weights, Tensor input, Tensor sum, LinearInputs linearInputs) {
    int tokens = input.rows();
    linearInputs.observe(gateProjection.input(), input);
    gateProjection.forward(weights, input, gate.first(tokens));
    upProjection.forward(weights, input, up.first(tokens));
    swiGlu.forward(gate.first(tokens), up.first(tokens), activation.first(tokens));
    linearInputs.observe(downProjection.input(), activation.first(tokens));
    downProjection.forwardAdding(weights, activation.first(tokens), sum);
  }

  @Override
  public void backward(
      BlockWeights weights, BranchInput branch, Tensor sumGradient, WeightGradients gradients) {
    int tokens = sumGradient.rows();
    Tensor gradientOfGate = gateGradient.first(tokens);
    Tensor gradientOfActivation = activationGradient.first(tokens);
    downProjection.backwardInput(weights, sumGradient, gradientOfActivation);
    downProjection.backwardWeights(sumGradient, activation.first(tokens), gradients);
    Tensor gradientOfUp = gradientOfActivation;
    swiGlu.backward(
        gate.first(tokens), up.first(tokens), gradientOfActivation, gradientOfGate, gradientOfUp);
    gateProjection.backwardInput(weights, gradientOfGate, branch.gradient());
    upProjection.backwardInputAdding(weights, gradientOfUp, branch.gradient());
    gateProjection.backwardWeights(gradientOfGate, branch.input(), gradients);
    upProjection.backwardWeights(gradientOfUp, branch.input(), gradients);
  }
}
