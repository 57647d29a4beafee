package io.coppice.model;

import io.coppice.kernel.RmsNorm;
import io.coppice.tensor.Tensor;

/** {@link RmsNorm} with its weight among a block's. */
final class RmsNormLayer implements Norm {
  private final RmsNorm norm;
  private final String weight;
  private final Tensor reciprocalRms;

  /**
   * @param weight the name of its weight inside the block
   * @param width of a row
   */
  RmsNormLayer(String weight, int width, float epsilon, NormMemory memory) {
    this.weight = weight;
    norm = new RmsNorm(width, epsilon, memory.pool());
    reciprocalRms = memory.arena().vector(memory.maxRows());
  }

  @Override
  public void forward(BlockWeights weights, Tensor input, Tensor output) {
    norm.forward(input, weights.tensor(weight), output, statistics(input));
  }

  @Override
  public void backward(
      BlockWeights weights,
      Tensor input,
      Tensor outputGradient,
      Tensor inputGradient,
      WeightGradients gradients) {
    norm.backward(
        input,
        weights.tensor(weight),
        statistics(input),
        outputGradient,
        inputGradient,
        gradients.toAddTo(weight));
  }

  @Override
  public void backwardWeights(Tensor input, Tensor outputGradient, WeightGradients gradients) {
    norm.backwardWeight(input, statistics(input), outputGradient, gradients.toAddTo(weight));
  }

  private Tensor statistics(Tensor input) {
    return reciprocalRms.columns(0, input.rows());
  }
}
