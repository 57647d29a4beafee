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
record LlamaBlock(LlamaModel model, BlockWorkspace workspace) {

  ComposedBlock.Parts parts() {
    return new ComposedBlock.Parts(
        norm(LlamaModel.INPUT_NORM),
        attention(),
        norm(LlamaModel.POST_ATTENTION_NORM),
        new GatedMlp(model.size().intermediateSize(), workspace));
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

  private SelfAttention attention() {
    SelfAttention.Projections projections =
        new SelfAttention.Projections(
            layer(model.projection(LlamaModel.Q_PROJ)),
            layer(model.projection(LlamaModel.K_PROJ)),
            layer(model.projection(LlamaModel.V_PROJ)),
            layer(LlamaModel.O_PROJ));
    LlamaAttention heads = model.attention();
    RotaryEmbedding rope =
        new RotaryEmbedding(
            heads.headSize(),
            workspace.maxSequenceLength(),
            heads.rope().inverseFrequencies(heads.headSize()));
    HeadShape shape =
        new HeadShape(
            heads.heads(),
            heads.keyValueHeads(),
            heads.headSize(),
            model.variant().slidingWindow());
    SelfAttention.Positions positions =
        new SelfAttention.Positions(
            headNorm(LlamaModel.Q_NORM, heads.heads()),
            headNorm(LlamaModel.K_NORM, heads.keyValueHeads()),
            Optional.of(rope));
    return new SelfAttention(shape, projections, positions, workspace);
  }

  private LinearLayer layer(LinearSpec spec) {
    return new LinearLayer(workspace.blas(), spec);
  }

  private Optional<HeadNorm> headNorm(String weight, int heads) {
    return model.variant().has(LlamaVariant.Feature.HEAD_NORM)
        ? Optional.of(
            new HeadNorm(
                weight, heads, model.attention().headSize(), model.rmsNormEpsilon(), workspace))
        : Optional.empty();
  }
}
