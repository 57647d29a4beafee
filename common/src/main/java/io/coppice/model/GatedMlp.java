package io.coppice.model;

import io.coppice.kernel.SwiGlu;
import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;

/** LLaMA's feed-forward branch: (silu(x·Wgateᵀ) ⊙ x·Wupᵀ)·Wdownᵀ. */
final class GatedMlp implements Mlp {
  private final LinearLayer gateProjection;
  private final LinearLayer upProjection;
  private final LinearLayer downProjection;
  private final SwiGlu swiGlu;
  private final FactorRows inputFactors;
  private final FactorRows activationFactors;
  private final FactorRows gradientFactors;
  private final TokenRows gate;
  private final TokenRows up;
  private final TokenRows activation;
  private final TokenRows gateGradient;
  private final TokenRows activationGradient;

  GatedMlp(int hiddenSize, int intermediateSize, BlockWorkspace workspace) {
    swiGlu = new SwiGlu(workspace.blas().pool());
    inputFactors = workspace.factors(hiddenSize);
    activationFactors = workspace.factors(intermediateSize);
    gradientFactors = workspace.backwardFactors(Math.max(hiddenSize, intermediateSize));
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
    Factor factor = inputFactors.of(input, weights);
    gateProjection.forward(weights, factor, gate.first(tokens));
    upProjection.forward(weights, factor, up.first(tokens));
    swiGlu.forward(gate.first(tokens), up.first(tokens), activation.first(tokens));
    linearInputs.observe(downProjection.input(), activation.first(tokens));
    downProjection.forwardAdding(
        weights, activationFactors.of(activation.first(tokens), weights), sum);
  }

  @Override
  public void backward(
      BlockWeights weights, BranchInput branch, Tensor sumGradient, WeightGradients gradients) {
    int tokens = sumGradient.rows();
    Tensor gradientOfGate = gateGradient.first(tokens);
    Tensor gradientOfActivation = activationGradient.first(tokens);
    Factor upstream = gradientFactors.of(sumGradient, weights);
    downProjection.backwardInput(weights, upstream, gradientOfActivation);
    downProjection.backwardWeights(
        upstream, activationFactors.held(activation.first(tokens), weights), gradients);
    Tensor gradientOfUp = gradientOfActivation;
    swiGlu.backward(
        gate.first(tokens), up.first(tokens), gradientOfActivation, gradientOfGate, gradientOfUp);
    Factor input = inputFactors.held(branch.input(), weights);
    Factor ofGate = gradientFactors.of(gradientOfGate, weights);
    gateProjection.backwardInput(weights, ofGate, branch.gradient());
    gateProjection.backwardWeights(ofGate, input, gradients);
    Factor ofUp = gradientFactors.of(gradientOfUp, weights);
    upProjection.backwardInputAdding(weights, ofUp, branch.gradient());
    upProjection.backwardWeights(ofUp, input, gradients);
  }
}
