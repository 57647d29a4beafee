package io.coppice.model;

import io.coppice.kernel.LayerNorm;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/** {@link LayerNorm} with its weight and bias among a block's. */
final class LayerNormLayer implements Norm {
  private final LayerNorm norm;
  private final ParameterNames names;

  /** Mean and reciprocal deviation of each row: 2 × maxRows. */
  private final Tensor statistics;

  /**
   * @param name the beginning of its parameters' names inside the block
   * @param width of a row
   * @param maxRows of the largest input
   */
  LayerNormLayer(String name, int width, float epsilon, Arena arena, int maxRows) {
    names = ParameterNames.of(name);
    norm = new LayerNorm(width, epsilon);
    statistics = arena.tensor(2, maxRows);
  }

  @Override
  public void forward(BlockWeights weights, Tensor input, Tensor output) {
    norm.forward(
        input,
        weights.tensor(names.weight()),
        weights.tensor(names.bias()),
        output,
        statistics(input));
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
        weights.tensor(names.weight()),
        statistics(input),
        outputGradient,
        inputGradient,
        gradients.toAddTo(names.weight()),
        gradients.toAddTo(names.bias()));
  }

  @Override
  public void backwardWeights(Tensor input, Tensor outputGradient, WeightGradients gradients) {
    norm.backwardWeights(
        input,
        statistics(input),
        outputGradient,
        gradients.toAddTo(names.weight()),
        gradients.toAddTo(names.bias()));
  }

  private Tensor statistics(Tensor input) {
    return statistics.columns(0, input.rows());
  }
}
