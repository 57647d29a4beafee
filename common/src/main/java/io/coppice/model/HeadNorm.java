package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * RMSNorm of every head of queries or keys by itself, with one weight for all heads (Qwen3, arXiv
 * 2505.09388). Works in place on tensors of n × heads·headSize without gaps between rows, and keeps
 * the values that its backward needs.
 */
final class HeadNorm {
  private final int headSize;
  private final Norm norm;
  private final Tensor input;
  private final Tensor outputGradient;

  /**
   * @param weight the name of its weight inside the block
   */
  HeadNorm(String weight, int heads, int headSize, float epsilon, BlockWorkspace workspace) {
    this.headSize = headSize;
    int maxHeads = workspace.maxTokens() * heads;
    norm = new RmsNormLayer(weight, headSize, epsilon, workspace.arena(), maxHeads);
    int kept = workspace.training() ? maxHeads : 0;
    input = workspace.arena().tensor(kept, headSize);
    outputGradient = workspace.arena().tensor(kept, headSize);
  }

  /** Normalises the heads of x, n × heads·headSize. */
  void forward(BlockWeights weights, Tensor x) {
    Tensor heads = heads(x);
    if (input.rows() > 0) {
      input.rows(0, heads.rows()).copyFrom(heads);
    }
    norm.forward(weights, heads, heads);
  }

  /** Turns the gradient of the normalised heads into that of the heads given to the forward. */
  void backward(BlockWeights weights, Tensor gradient, WeightGradients gradients) {
    Tensor heads = heads(gradient);
    Tensor upstream = outputGradient.rows(0, heads.rows());
    upstream.copyFrom(heads);
    heads.zero();
    norm.backward(weights, input.rows(0, heads.rows()), upstream, heads, gradients);
  }

  private Tensor heads(Tensor x) {
    return x.reshape((int) (x.size() / headSize), headSize);
  }
}
