package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.stream.Stream;

/** A linear layer among a block's weights: y = x · Wᵀ + b, where b may be missing. */
final class LinearLayer {
  private final Linear linear;
  private final Elementwise elementwise = new Elementwise();
  private final ParameterNames names;
  private final boolean hasBias;

  /**
   * @param name what the names of its weights inside the block start with: {@code self_attn.q_proj}
   */
  LinearLayer(Blas blas, String name, boolean hasBias) {
    linear = new Linear(blas);
    names = ParameterNames.of(name);
    this.hasBias = hasBias;
  }

  /** The weights of a layer of that name; see {@link WeightShape}. */
  static Stream<WeightShape> shapes(
      String name, int rows, int columns, String input, boolean hasBias) {
    ParameterNames names = ParameterNames.of(name);
    WeightShape matrix = WeightShape.linear(names.weight(), rows, columns, input);
    return hasBias ? Stream.of(matrix, WeightShape.vector(names.bias(), rows)) : Stream.of(matrix);
  }

  /**
   * @param input n × in
   * @param output n × out
   * @param accumulate whether to add to {@code output} rather than to overwrite it
   */
  void forward(BlockWeights weights, Tensor input, Tensor output, boolean accumulate) {
    linear.forward(input, weights.tensor(names.weight()), output, accumulate);
    if (hasBias) {
      elementwise.addToRows(output, weights.tensor(names.bias()));
    }
  }

  /**
   * The gradient of the input.
   *
   * @param accumulate whether to add to {@code inputGradient} rather than to overwrite it
   */
  void backwardInput(
      BlockWeights weights, Tensor outputGradient, Tensor inputGradient, boolean accumulate) {
    linear.backwardInput(outputGradient, weights.tensor(names.weight()), inputGradient, accumulate);
  }

  /** The gradients of the weights. */
  void backwardWeights(Tensor outputGradient, Tensor input, WeightGradients gradients) {
    linear.backwardWeight(
        outputGradient, input, gradients.tensor(names.weight()), gradients.accumulate());
    if (hasBias) {
      elementwise.addRowSum(outputGradient, gradients.toAddTo(names.bias()));
    }
  }
}
