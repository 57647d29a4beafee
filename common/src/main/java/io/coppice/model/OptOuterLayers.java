package io.coppice.model;

import static io.coppice.model.OptModel.NORM_EPSILON;
import static io.coppice.model.OptModel.POSITION_OFFSET;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * OPT's learned positions and final norm, and the projections between the widths of embedding and
 * blocks where they differ: x = e·Winᵀ + p, and the input of the head is norm(x)·Woutᵀ.
 */
final class OptOuterLayers implements OuterLayers {
  private final OptModel model;
  private final Linear linear;
  private final Norm norm;
  private final Elementwise elementwise = new Elementwise();

  OptOuterLayers(OptModel model, Blas blas, Arena arena, int maxTokens) {
    this.model = model;
    linear = new Linear(blas);
    norm =
        new LayerNormLayer(
            model.finalNormName(), model.hiddenSize(), NORM_EPSILON, arena, maxTokens);
  }

  @Override
  public void enter(
      BlockWeights weights, Tensor embedded, int firstPosition, int sequenceLength, Tensor output) {
    if (model.hasProjections()) {
      linear.forward(embedded, weights.tensor(model.inputProjectionName()), output, false);
    } else {
      output.copyFrom(embedded);
    }
    Tensor positions =
        weights.tensor(model.positionsName()).rows(POSITION_OFFSET + firstPosition, sequenceLength);
    for (int row = 0; row < output.rows(); row += sequenceLength) {
      elementwise.add(output.rows(row, sequenceLength), positions);
    }
  }

  @Override
  public void leave(BlockWeights weights, Tensor hidden, Tensor output) {
    if (model.hasFinalNorm()) {
      norm.forward(weights, hidden, hidden);
    }
    if (model.hasProjections()) {
      linear.forward(hidden, weights.tensor(model.outputProjectionName()), output, false);
    } else {
      output.copyFrom(hidden);
    }
  }
}
