package io.coppice.model;

import io.coppice.kernel.HeadShape;
import io.coppice.kernel.RotaryEmbedding;
import java.util.Optional;

/**
 * The parts of a LLaMA block (Touvron et al. 2023, arXiv 2302.13971), x and y of n × hidden_size:
 *
 * <pre>
 * a = rms_norm(x);  h = x + attention(rope(a·Wqᵀ), rope(a·Wkᵀ), a·Wvᵀ)·Woᵀ
 * b = rms_norm(h);  y = h + (silu(b·Wgateᵀ) ⊙ b·Wupᵀ)·Wdownᵀ
 * </pre>
 *
 * <p>As its {@link LlamaVariant} says, the projections to queries, keys and values add biases, the
 * heads of queries and keys are normalised before rope, and attention sees a sliding window.
 */
record LlamaBlock(LlamaModel model, Workspace workspace) implements ComposedBlock.Parts {

  @Override
  public BranchNorm attentionNorm() {
    return norm(LlamaModel.INPUT_NORM);
  }

  @Override
  public BranchNorm mlpNorm() {
    return norm(LlamaModel.POST_ATTENTION_NORM);
  }

  @Override
  public Mlp mlp() {
    return new GatedMlp(model.intermediateSize(), workspace);
  }

  private BranchNorm norm(String weight) {
    Norm norm =
        new RmsNormLayer(
            weight,
            model.hiddenSize(),
            model.rmsNormEpsilon(),
            workspace.arena(),
            workspace.maxTokens());
    return new BranchNorm(norm, BranchNorm.Place.BEFORE_BRANCH, model.hiddenSize(), workspace);
  }

  @Override
  public SelfAttention attention() {
    boolean bias = model.variant().queryKeyValueBias();
    SelfAttention.Projections projections =
        new SelfAttention.Projections(
            new LinearLayer(workspace.blas(), LlamaModel.Q_PROJ, bias),
            new LinearLayer(workspace.blas(), LlamaModel.K_PROJ, bias),
            new LinearLayer(workspace.blas(), LlamaModel.V_PROJ, bias),
            LlamaModel.ATTENTION_INPUT,
            new LinearLayer(workspace.blas(), LlamaModel.O_PROJ, false),
            LlamaModel.ATTENTION_OUTPUT);
    RotaryEmbedding rope =
        new RotaryEmbedding(
            model.headSize(),
            workspace.maxSequenceLength(),
            model.rope().inverseFrequencies(model.headSize()));
    HeadShape shape =
        new HeadShape(
            model.heads(),
            model.keyValueHeads(),
            model.headSize(),
            model.variant().slidingWindow());
    SelfAttention.Positions positions =
        new SelfAttention.Positions(
            headNorm(LlamaModel.Q_NORM, model.heads()),
            headNorm(LlamaModel.K_NORM, model.keyValueHeads()),
            Optional.of(rope));
    return new SelfAttention(shape, projections, positions, workspace);
  }

  private Optional<HeadNorm> headNorm(String weight, int heads) {
    return model.variant().headNorm()
        ? Optional.of(
            new HeadNorm(weight, heads, model.headSize(), model.rmsNormEpsilon(), workspace))
        : Optional.empty();
  }
}
