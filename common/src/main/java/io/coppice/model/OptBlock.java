package io.coppice.model;

import static io.coppice.model.OptModel.ATTENTION_INPUT;
import static io.coppice.model.OptModel.ATTENTION_NORM;
import static io.coppice.model.OptModel.FC1;
import static io.coppice.model.OptModel.FC2;
import static io.coppice.model.OptModel.K_PROJ;
import static io.coppice.model.OptModel.MLP_NORM;
import static io.coppice.model.OptModel.NORM_EPSILON;
import static io.coppice.model.OptModel.OUT_PROJ;
import static io.coppice.model.OptModel.Q_PROJ;
import static io.coppice.model.OptModel.V_PROJ;

import io.coppice.kernel.CachedAttention;
import io.coppice.kernel.CausalAttention;
import io.coppice.kernel.Relu;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * An OPT block (Zhang et al. 2022, arXiv 2205.01068), x and y of n × hidden_size, here with norms
 * before the branches; see {@link BranchNorm} for the other place:
 *
 * <pre>
 * a = norm(x);  h = x + attention(a·Wqᵀ + bq, a·Wkᵀ + bk, a·Wvᵀ + bv)·Woᵀ + bo
 * b = norm(h);  y = h + relu(b·W1ᵀ + b1)·W2ᵀ + b2
 * </pre>
 */
final class OptBlock implements DecoderBlock {
  private final BranchNorm attentionNorm;
  private final LinearLayer queryProjection;
  private final LinearLayer keyProjection;
  private final LinearLayer valueProjection;
  private final LinearLayer outputProjection;
  private final CausalAttention attention;
  private final CachedAttention cachedAttention;
  private final BranchNorm mlpNorm;
  private final LinearLayer first;
  private final LinearLayer second;
  private final Relu relu = new Relu();
  private final OptActivations all;
  private OptActivations current;

  OptBlock(
      OptModel model,
      Blas blas,
      Arena arena,
      int maxTokens,
      int maxSequenceLength,
      boolean training) {
    attentionNorm = norm(ATTENTION_NORM, model, arena, maxTokens, training);
    queryProjection = new LinearLayer(blas, Q_PROJ, true);
    keyProjection = new LinearLayer(blas, K_PROJ, true);
    valueProjection = new LinearLayer(blas, V_PROJ, true);
    outputProjection = new LinearLayer(blas, OUT_PROJ, true);
    int headSize = model.hiddenSize() / model.heads();
    attention =
        new CausalAttention(blas, arena, model.heads(), model.heads(), headSize, maxSequenceLength);
    cachedAttention =
        new CachedAttention(
            blas,
            arena,
            model.heads(),
            model.heads(),
            headSize,
            maxSequenceLength,
            CausalAttention.UNLIMITED);
    mlpNorm = norm(MLP_NORM, model, arena, maxTokens, training);
    first = new LinearLayer(blas, FC1, true);
    second = new LinearLayer(blas, FC2, true);
    all = OptActivations.allocate(model, arena, maxTokens, training);
    current = all;
  }

  private static BranchNorm norm(
      String name, OptModel model, Arena arena, int maxTokens, boolean training) {
    return new BranchNorm(
        name, model.normBefore(), model.hiddenSize(), NORM_EPSILON, arena, maxTokens, training);
  }

  @Override
  public void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor output,
      LinearInputs linearInputs) {
    OptActivations a = activations(input.rows());
    project(weights, input, a, linearInputs);
    attention.forward(a.query(), a.key(), a.value(), sequenceLength, a.attended(), a.logSumExp());
    finish(weights, input, a, output, linearInputs);
  }

  @Override
  public void decode(
      BlockWeights weights, Tensor input, int position, KeyValueCache cache, Tensor output) {
    OptActivations a = activations(input.rows());
    project(weights, input, a, UNOBSERVED);
    cache.put(position, a.key(), a.value());
    cachedAttention.forward(a.query(), cache.keys(), cache.values(), position, a.attended());
    finish(weights, input, a, output, UNOBSERVED);
  }

  /** From the block's input to queries, keys and values. */
  private void project(
      BlockWeights weights, Tensor input, OptActivations a, LinearInputs linearInputs) {
    Tensor normed = attentionNorm.forwardInput(weights, input);
    linearInputs.observe(ATTENTION_INPUT, normed);
    queryProjection.forward(weights, normed, a.query(), false);
    keyProjection.forward(weights, normed, a.key(), false);
    valueProjection.forward(weights, normed, a.value(), false);
  }

  /** From what attention gave to the block's output. */
  private void finish(
      BlockWeights weights,
      Tensor input,
      OptActivations a,
      Tensor output,
      LinearInputs linearInputs) {
    linearInputs.observe(OUT_PROJ, a.attended());
    a.hidden().copyFrom(input);
    outputProjection.forward(weights, a.attended(), a.hidden(), true);
    attentionNorm.forwardSum(weights, a.hidden());

    Tensor normed = mlpNorm.forwardInput(weights, a.hidden());
    linearInputs.observe(FC1, normed);
    first.forward(weights, normed, a.activation(), false);
    relu.forward(a.activation());
    linearInputs.observe(FC2, a.activation());
    output.copyFrom(a.hidden());
    second.forward(weights, a.activation(), output, true);
    mlpNorm.forwardSum(weights, output);
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
    OptActivations a = activations(input.rows());
    mlpBackward(weights, a, outputGradient, gradients, accumulate);
    // From here on, outputGradient is the gradient by the residual stream between the two halves.
    attentionNorm.backwardSum(weights, outputGradient, gradients, accumulate);
    attentionBackward(weights, a, input, sequenceLength, outputGradient, gradients, accumulate);
    if (wantInputGradient) {
      attentionNorm.backwardInput(
          weights, input, a.branchGradient(), outputGradient, gradients, accumulate);
    } else {
      attentionNorm.backwardWeights(input, a.branchGradient(), gradients, accumulate);
    }
  }

  private void mlpBackward(
      BlockWeights weights,
      OptActivations a,
      Tensor outputGradient,
      BlockWeights gradients,
      boolean accumulate) {
    mlpNorm.backwardSum(weights, outputGradient, gradients, accumulate);
    second.backwardInput(weights, outputGradient, a.activationGradient(), false);
    second.backwardWeights(outputGradient, a.activation(), gradients, accumulate);
    relu.backward(a.activation(), a.activationGradient());
    first.backwardInput(weights, a.activationGradient(), a.branchGradient(), false);
    first.backwardWeights(
        a.activationGradient(), mlpNorm.branchInput(a.hidden()), gradients, accumulate);
    mlpNorm.backwardInput(
        weights, a.hidden(), a.branchGradient(), outputGradient, gradients, accumulate);
  }

  private void attentionBackward(
      BlockWeights weights,
      OptActivations a,
      Tensor input,
      int sequenceLength,
      Tensor sumGradient,
      BlockWeights gradients,
      boolean accumulate) {
    outputProjection.backwardInput(weights, sumGradient, a.attendedGradient(), false);
    outputProjection.backwardWeights(sumGradient, a.attended(), gradients, accumulate);
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
    Tensor normed = attentionNorm.branchInput(input);
    queryProjection.backwardInput(weights, a.queryGradient(), a.branchGradient(), false);
    keyProjection.backwardInput(weights, a.keyGradient(), a.branchGradient(), true);
    valueProjection.backwardInput(weights, a.valueGradient(), a.branchGradient(), true);
    queryProjection.backwardWeights(a.queryGradient(), normed, gradients, accumulate);
    keyProjection.backwardWeights(a.keyGradient(), normed, gradients, accumulate);
    valueProjection.backwardWeights(a.valueGradient(), normed, gradients, accumulate);
  }

  /** Views on the first {@code tokens} rows; made anew only when the batch size changes. */
  private OptActivations activations(int tokens) {
    if (current.tokens() != tokens) {
      current = all.first(tokens);
    }
    return current;
  }
}
