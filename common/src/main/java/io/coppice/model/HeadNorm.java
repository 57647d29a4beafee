package io.coppice.model;

import io.coppice.kernel.RmsNorm;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * RMSNorm of every head of queries or keys by itself, with one weight for all heads (Qwen3, arXiv
 * 2505.09388). Works in place on tensors of n × heads·headSize without gaps between rows, and keeps
 * what its backward needs.
 */
final class HeadNorm {
  private final String weight;
  private final int headSize;
  private final RmsNorm norm;
  private final Tensor input;
  private final Tensor outputGradient;
  private final Tensor reciprocalRms;

  /**
   * @param weight the name of its weight inside the block
   * @param training whether {@link #backward} will be called
   */
  HeadNorm(
      String weight,
      int heads,
      int headSize,
      float epsilon,
      Arena arena,
      int maxTokens,
      boolean training) {
    this.weight = weight;
    this.headSize = headSize;
    norm = new RmsNorm(headSize, epsilon);
    int kept = training ? maxTokens * heads : 0;
    input = arena.tensor(kept, headSize);
    outputGradient = arena.tensor(kept, headSize);
    reciprocalRms = arena.vector(maxTokens * heads);
  }

  /** Normalises the heads of x, n × heads·headSize. */
  void forward(BlockWeights weights, Tensor x) {
    Tensor heads = heads(x);
    if (input.rows() > 0) {
      input.rows(0, heads.rows()).copyFrom(heads);
    }
    norm.forward(heads, weights.tensor(weight), heads, reciprocalRms.columns(0, heads.rows()));
  }

  /**
   * Turns the gradient of the normalised heads into that of the heads given to {@link #forward}.
   *
   * @param accumulate whether to add to the weight's gradient rather than to overwrite it
   */
  void backward(BlockWeights weights, Tensor gradient, BlockWeights gradients, boolean accumulate) {
    Tensor weightGradient = gradients.tensor(weight);
    if (!accumulate) {
      weightGradient.zero();
    }
    Tensor heads = heads(gradient);
    Tensor upstream = outputGradient.rows(0, heads.rows());
    upstream.copyFrom(heads);
    heads.zero();
    norm.backward(
        input.rows(0, heads.rows()),
        weights.tensor(weight),
        reciprocalRms.columns(0, heads.rows()),
        upstream,
        heads,
        weightGradient);
  }

  private Tensor heads(Tensor x) {
    return x.reshape((int) (x.size() / headSize), headSize);
  }
}
