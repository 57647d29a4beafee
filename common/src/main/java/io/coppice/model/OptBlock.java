package io.coppice.model;

import io.coppice.kernel.HeadShape;

/**
 * The parts of an OPT block (Zhang et al. 2022, arXiv 2205.01068), x and y of n × hidden_size, here
 * with norms before the branches; see {@link BranchNorm} for the other place:
 *
 * <pre>
 * a = norm(x);  h = x + attention(a·Wqᵀ + bq, a·Wkᵀ + bk, a·Wvᵀ + bv)·Woᵀ + bo
 * b = norm(h);  y = h + relu(b·W1ᵀ + b1)·W2ᵀ + b2
 * </pre>
 */
record OptBlock(OptModel model, BlockWorkspace workspace) {

  ComposedBlock.Parts parts() {
    return new ComposedBlock.Parts(
        norm(OptModel.ATTENTION_NORM),
        attention(),
        norm(OptModel.MLP_NORM),
        new ReluMlp(model.size().intermediateSize(), workspace));
  }

  private BranchNorm norm(String name) {
    Norm norm =
        new LayerNormLayer(
            name,
            model.hiddenSize(),
            OptModel.NORM_EPSILON,
            workspace.arena(),
            workspace.maxTokens());
    return new BranchNorm(norm, model.norms().place(), model.hiddenSize(), workspace);
  }

  private SelfAttention attention() {
    SelfAttention.Projections projections =
        new SelfAttention.Projections(
            layer(OptModel.Q_PROJ),
            layer(OptModel.K_PROJ),
            layer(OptModel.V_PROJ),
            layer(OptModel.OUT_PROJ));
    HeadShape shape =
        new HeadShape(model.heads(), model.heads(), model.hiddenSize() / model.heads());
    return new SelfAttention(shape, projections, SelfAttention.Positions.none(), workspace);
  }

  private LinearLayer layer(LinearSpec spec) {
    return new LinearLayer(workspace.blas(), spec);
  }
}
