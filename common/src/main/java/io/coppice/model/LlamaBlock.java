package io.coppice.model;

import static io.coppice.model.LlamaModel.ATTENTION_INPUT;
import static io.coppice.model.LlamaModel.ATTENTION_OUTPUT;
import static io.coppice.model.LlamaModel.DOWN_PROJ;
import static io.coppice.model.LlamaModel.GATE_PROJ;
import static io.coppice.model.LlamaModel.INPUT_NORM;
import static io.coppice.model.LlamaModel.K_NORM;
import static io.coppice.model.LlamaModel.K_PROJ;
import static io.coppice.model.LlamaModel.MLP_ACTIVATION;
import static io.coppice.model.LlamaModel.MLP_INPUT;
import static io.coppice.model.LlamaModel.O_PROJ;
import static io.coppice.model.LlamaModel.POST_ATTENTION_NORM;
import static io.coppice.model.LlamaModel.Q_NORM;
import static io.coppice.model.LlamaModel.Q_PROJ;
import static io.coppice.model.LlamaModel.UP_PROJ;
import static io.coppice.model.LlamaModel.V_PROJ;

import io.coppice.kernel.CachedAttention;
import io.coppice.kernel.CausalAttention;
import io.coppice.kernel.RmsNorm;
import io.coppice.kernel.RotaryEmbedding;
import io.coppice.kernel.SwiGlu;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * A LLaMA block (Touvron et al. 2023, arXiv 2302.13971), x and y of n × hidden_size:
 *
 * <pre>
 * a = rms_norm(x);  h = x + attention(rope(a·Wqᵀ), rope(a·Wkᵀ), a·Wvᵀ)·Woᵀ
 * b = rms_norm(h);  y = h + (silu(b·Wgateᵀ) ⊙ b·Wupᵀ)·Wdownᵀ
 * </pre>
 *
 * <p>As its {@link LlamaVariant} says, the projections to queries, keys and values add biases, the
 * heads of queries and keys are normalised before rope, and attention sees a sliding window.
 */
final class LlamaBlock implements DecoderBlock {
  private final LinearLayer queryProjection;
  private final LinearLayer keyProjection;
  private final LinearLayer valueProjection;
  private final LinearLayer outputProjection;
  private final LinearLayer gateProjection;
  private final LinearLayer upProjection;
  private final LinearLayer downProjection;
  private final RmsNorm norm;
  private final Optional<HeadNorm> queryNorm;
  private final Optional<HeadNorm> keyNorm;
  private final RotaryEmbedding rope;
  private final CausalAttention attention;
  private final CachedAttention cachedAttention;
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
    LlamaVariant variant = model.variant();
    queryProjection = new LinearLayer(blas, Q_PROJ, variant.queryKeyValueBias());
    keyProjection = new LinearLayer(blas, K_PROJ, variant.queryKeyValueBias());
    valueProjection = new LinearLayer(blas, V_PROJ, variant.queryKeyValueBias());
    outputProjection = new LinearLayer(blas, O_PROJ, false);
    gateProjection = new LinearLayer(blas, GATE_PROJ, false);
    upProjection = new LinearLayer(blas, UP_PROJ, false);
    downProjection = new LinearLayer(blas, DOWN_PROJ, false);
    norm = new RmsNorm(model.hiddenSize(), model.rmsNormEpsilon());
    queryNorm = headNorm(model, Q_NORM, model.heads(), arena, maxTokens, training);
    keyNorm = headNorm(model, K_NORM, model.keyValueHeads(), arena, maxTokens, training);
    rope =
        new RotaryEmbedding(
            model.headSize(), maxSequenceLength, model.rope().inverseFrequencies(model.headSize()));
    attention =
        new CausalAttention(
            blas,
            arena,
            model.heads(),
            model.keyValueHeads(),
            model.headSize(),
            maxSequenceLength,
            variant.slidingWindow());
    cachedAttention =
        new CachedAttention(
            blas,
            arena,
            model.heads(),
            model.keyValueHeads(),
            model.headSize(),
            maxSequenceLength,
            variant.slidingWindow());
    swiGlu = new SwiGlu();
    all = LlamaActivations.allocate(model, arena, maxTokens, training);
    current = all;
  }

  private static Optional<HeadNorm> headNorm(
      LlamaModel model, String weight, int heads, Arena arena, int maxTokens, boolean training) {
    return model.variant().headNorm()
        ? Optional.of(
            new HeadNorm(
                weight,
                heads,
                model.headSize(),
                model.rmsNormEpsilon(),
                arena,
                maxTokens,
                training))
        : Optional.empty();
  }

  @Override
  public void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor output,
      LinearInputs linearInputs) {
    LlamaActivations a = activations(input.rows());
    project(weights, input, a, linearInputs);
    rope.forward(a.query(), sequenceLength);
    rope.forward(a.key(), sequenceLength);
    attention.forward(a.query(), a.key(), a.value(), sequenceLength, a.attended(), a.logSumExp());
    finish(weights, input, a, output, linearInputs);
  }

  @Override
  public void decode(
      BlockWeights weights, Tensor input, int position, KeyValueCache cache, Tensor output) {
    LlamaActivations a = activations(input.rows());
    project(weights, input, a, UNOBSERVED);
    rope.forwardAt(a.query(), position);
    rope.forwardAt(a.key(), position);
    cache.put(position, a.key(), a.value());
    cachedAttention.forward(a.query(), cache.keys(), cache.values(), position, a.attended());
    finish(weights, input, a, output, UNOBSERVED);
  }

  /** From the block's input to queries, keys and values, which are not rotated yet. */
  private void project(
      BlockWeights weights, Tensor input, LlamaActivations a, LinearInputs linearInputs) {
    norm.forward(input, weights.tensor(INPUT_NORM), a.normedInput(), a.inputRms());
    linearInputs.observe(ATTENTION_INPUT, a.normedInput());
    queryProjection.forward(weights, a.normedInput(), a.query(), false);
    keyProjection.forward(weights, a.normedInput(), a.key(), false);
    valueProjection.forward(weights, a.normedInput(), a.value(), false);
    queryNorm.ifPresent(heads -> heads.forward(weights, a.query()));
    keyNorm.ifPresent(heads -> heads.forward(weights, a.key()));
  }

  /** From what attention gave to the block's output. */
  private void finish(
      BlockWeights weights,
      Tensor input,
      LlamaActivations a,
      Tensor output,
      LinearInputs linearInputs) {
    linearInputs.observe(ATTENTION_OUTPUT, a.attended());
    a.hidden().copyFrom(input);
    outputProjection.forward(weights, a.attended(), a.hidden(), true);

    norm.forward(a.hidden(), weights.tensor(POST_ATTENTION_NORM), a.normedHidden(), a.hiddenRms());
    linearInputs.observe(MLP_INPUT, a.normedHidden());
    gateProjection.forward(weights, a.normedHidden(), a.gate(), false);
    upProjection.forward(weights, a.normedHidden(), a.up(), false);
    swiGlu.forward(a.gate(), a.up(), a.activation());
    linearInputs.observe(MLP_ACTIVATION, a.activation());
    output.copyFrom(a.hidden());
    downProjection.forward(weights, a.activation(), output, true);
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
    downProjection.backwardInput(weights, outputGradient, a.activationGradient(), false);
    downProjection.backwardWeights(outputGradient, a.activation(), gradients, accumulate);
    Tensor upGradient = a.activationGradient();
    swiGlu.backward(a.gate(), a.up(), a.activationGradient(), a.gateGradient(), upGradient);
    gateProjection.backwardInput(weights, a.gateGradient(), a.normedGradient(), false);
    upProjection.backwardInput(weights, upGradient, a.normedGradient(), true);
    gateProjection.backwardWeights(a.gateGradient(), a.normedHidden(), gradients, accumulate);
    upProjection.backwardWeights(upGradient, a.normedHidden(), gradients, accumulate);
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
    outputProjection.backwardInput(weights, hiddenGradient, a.attendedGradient(), false);
    outputProjection.backwardWeights(hiddenGradient, a.attended(), gradients, accumulate);
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
    queryNorm.ifPresent(heads -> heads.backward(weights, a.queryGradient(), gradients, accumulate));
    keyNorm.ifPresent(heads -> heads.backward(weights, a.keyGradient(), gradients, accumulate));
    queryProjection.backwardInput(weights, a.queryGradient(), a.normedGradient(), false);
    keyProjection.backwardInput(weights, a.keyGradient(), a.normedGradient(), true);
    valueProjection.backwardInput(weights, a.valueGradient(), a.normedGradient(), true);
    queryProjection.backwardWeights(a.queryGradient(), a.normedInput(), gradients, accumulate);
    keyProjection.backwardWeights(a.keyGradient(), a.normedInput(), gradients, accumulate);
    valueProjection.backwardWeights(a.valueGradient(), a.normedInput(), gradients, accumulate);
  }

  /** Views on the first {@code tokens} rows; made anew only when the batch size changes. */
  private LlamaActivations activations(int tokens) {
    if (current.tokens() != tokens) {
      current = all.first(tokens);
    }
    return current;
  }
}
