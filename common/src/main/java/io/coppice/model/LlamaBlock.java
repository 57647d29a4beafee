package io.coppice.model;

import static io.coppice.model.LlamaModel.ATTENTION_INPUT;
import static io.coppice.model.LlamaModel.ATTENTION_OUTPUT;
import static io.coppice.model.LlamaModel.DOWN_PROJ;
import static io.coppice.model.LlamaModel.GATE_PROJ;
import static io.coppice.model.LlamaModel.INPUT_NORM;
import static io.coppice.model.LlamaModel.K_PROJ;
import static io.coppice.model.LlamaModel.MLP_ACTIVATION;
import static io.coppice.model.LlamaModel.MLP_INPUT;
import static io.coppice.model.LlamaModel.O_PROJ;
import static io.coppice.model.LlamaModel.POST_ATTENTION_NORM;
import static io.coppice.model.LlamaModel.Q_PROJ;
import static io.coppice.model.LlamaModel.UP_PROJ;
import static io.coppice.model.LlamaModel.V_PROJ;

import io.coppice.kernel.CausalAttention;
import io.coppice.kernel.Linear;
import io.coppice.kernel.RmsNorm;
import io.coppice.kernel.RotaryEmbedding;
import io.coppice.kernel.SwiGlu;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * A LLaMA block (Touvron et al. 2023, arXiv 2302.13971), x and y of n × hidden_size:
 *
 * <pre>
 * a = rms_norm(x);  h = x + attention(rope(a·Wqᵀ), rope(a·Wkᵀ), a·Wvᵀ)·Woᵀ
 * b = rms_norm(h);  y = h + (silu(b·Wgateᵀ) ⊙ b·Wupᵀ)·Wdownᵀ
 * </pre>
 */
final class LlamaBlock implements DecoderBlock {
  private final Linear linear;
  private final RmsNorm norm;
  private final RotaryEmbedding rope;
  private final CausalAttention attention;
  private final SwiGlu swiGlu;
  private final LlamaActivations all;
  private LlamaActivations current;

  LlamaBlock(
      LlamaModel model,
      Blas blas,
      Arena arena,
      int maxTokens,
      int maxSequenceLength,
      boolean training) {
    linear = new Linear(blas);
    norm = new RmsNorm(model.hiddenSize(), model.rmsNormEpsilon());
    rope = new RotaryEmbedding(model.headSize(), maxSequenceLength, model.ropeTheta());
    attention =
        new CausalAttention(
            blas, arena, model.heads(), model.keyValueHeads(), model.headSize(), maxSequenceLength);
    swiGlu = new SwiGlu();
    all = LlamaActivations.allocate(model, arena, maxTokens, training);
    current = all;
  }

  @Override
  public void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor output,
      LinearInputs linearInputs) {
    LlamaActivations a = activations(input.rows());

    norm.forward(input, weights.tensor(INPUT_NORM), a.normedInput(), a.inputRms());
    linearInputs.observe(ATTENTION_INPUT, a.normedInput());
    linear.forward(a.normedInput(), weights.tensor(Q_PROJ), a.query(), false);
    linear.forward(a.normedInput(), weights.tensor(K_PROJ), a.key(), false);
    linear.forward(a.normedInput(), weights.tensor(V_PROJ), a.value(), false);
    rope.forward(a.query(), sequenceLength);
    rope.forward(a.key(), sequenceLength);
    attention.forward(a.query(), a.key(), a.value(), sequenceLength, a.attended(), a.logSumExp());
    linearInputs.observe(ATTENTION_OUTPUT, a.attended());
    a.hidden().copyFrom(input);
    linear.forward(a.attended(), weights.tensor(O_PROJ), a.hidden(), true);

    norm.forward(a.hidden(), weights.tensor(POST_ATTENTION_NORM), a.normedHidden(), a.hiddenRms());
    linearInputs.observe(MLP_INPUT, a.normedHidden());
    linear.forward(a.normedHidden(), weights.tensor(GATE_PROJ), a.gate(), false);
    linear.forward(a.normedHidden(), weights.tensor(UP_PROJ), a.up(), false);
    swiGlu.forward(a.gate(), a.up(), a.activation());
    linearInputs.observe(MLP_ACTIVATION, a.activation());
    output.copyFrom(a.hidden());
    linear.forward(a.activation(), weights.tensor(DOWN_PROJ), output, true);
  }

  @Override
  public void backward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      BlockWeights gradients,
      boolean accumulate,
      boolean wantInputGradient) {
    LlamaActivations a = activations(input.rows());
    if (!accumulate) {
      gradients.tensor(INPUT_NORM).zero();
      gradients.tensor(POST_ATTENTION_NORM).zero();
    }
    mlpBackward(weights, a, outputGradient, gradients, accumulate);
    // From here on, outputGradient is the gradient by the residual stream between the two halves.
    attentionBackward(weights, a, sequenceLength, outputGradient, gradients, accumulate);
    if (wantInputGradient) {
      norm.backward(
          input,
          weights.tensor(INPUT_NORM),
          a.inputRms(),
          a.normedGradient(),
          outputGradient,
          gradients.tensor(INPUT_NORM));
    } else {
      norm.backwardWeight(input, a.inputRms(), a.normedGradient(), gradients.tensor(INPUT_NORM));
    }
  }

  private void mlpBackward(
      BlockWeights weights,
      LlamaActivations a,
      Tensor outputGradient,
      BlockWeights gradients,
      boolean accumulate) {
    linear.backwardInput(outputGradient, weights.tensor(DOWN_PROJ), a.activationGradient(), false);
    linear.backwardWeight(outputGradient, a.activation(), gradients.tensor(DOWN_PROJ), accumulate);
    Tensor upGradient = a.activationGradient();
    swiGlu.backward(a.gate(), a.up(), a.activationGradient(), a.gateGradient(), upGradient);
    linear.backwardInput(a.gateGradient(), weights.tensor(GATE_PROJ), a.normedGradient(), false);
    linear.backwardInput(upGradient, weights.tensor(UP_PROJ), a.normedGradient(), true);
    linear.backwardWeight(
        a.gateGradient(), a.normedHidden(), gradients.tensor(GATE_PROJ), accumulate);
    linear.backwardWeight(upGradient, a.normedHidden(), gradients.tensor(UP_PROJ), accumulate);
    norm.backward(
        a.hidden(),
        weights.tensor(POST_ATTENTION_NORM),
        a.hiddenRms(),
        a.normedGradient(),
        outputGradient,
        gradients.tensor(POST_ATTENTION_NORM));
  }

  private void attentionBackward(
      BlockWeights weights,
      LlamaActivations a,
      int sequenceLength,
      Tensor hiddenGradient,
      BlockWeights gradients,
      boolean accumulate) {
    linear.backwardInput(hiddenGradient, weights.tensor(O_PROJ), a.attendedGradient(), false);
    linear.backwardWeight(hiddenGradient, a.attended(), gradients.tensor(O_PROJ), accumulate);
    attention.backward(
        a.query(),
        a.key(),
        a.value(),
        a.attended(),
        a.logSumExp(),
        a.attendedGradient(),
        sequenceLength,
        a.queryGradient(),
        a.keyGradient(),
        a.valueGradient());
    rope.backward(a.queryGradient(), sequenceLength);
    rope.backward(a.keyGradient(), sequenceLength);
    linear.backwardInput(a.queryGradient(), weights.tensor(Q_PROJ), a.normedGradient(), false);
    linear.backwardInput(a.keyGradient(), weights.tensor(K_PROJ), a.normedGradient(), true);
    linear.backwardInput(a.valueGradient(), weights.tensor(V_PROJ), a.normedGradient(), true);
    linear.backwardWeight(a.queryGradient(), a.normedInput(), gradients.tensor(Q_PROJ), accumulate);
    linear.backwardWeight(a.keyGradient(), a.normedInput(), gradients.tensor(K_PROJ), accumulate);
    linear.backwardWeight(a.valueGradient(), a.normedInput(), gradients.tensor(V_PROJ), accumulate);
  }

  /** Views on the first {@code tokens} rows; made anew only when the batch size changes. */
  private LlamaActivations activations(int tokens) {
    if (current.tokens() != tokens) {
      current = all.first(tokens);
    }
    return current;
  }
}
