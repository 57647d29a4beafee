package io.coppice.model;

import static io.coppice.model.LlamaModel.FINAL_NORM;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/** The final norm; rotary positions are applied in the blocks. */
final class LlamaOuterLayers implements OuterLayers {
  private final Norm norm;

  LlamaOuterLayers(LlamaModel model, Arena arena, int maxTokens) {
    norm =
        new RmsNormLayer(FINAL_NORM, model.hiddenSize(), model.rmsNormEpsilon(), arena, maxTokens);
  }

  @Override
  public void enter(
      BlockWeights weights, Tensor embedded, int firstPosition, int sequenceLength, Tensor output) {
    output.copyFrom(embedded);
  }

  @Override
  public void leave(BlockWeights weights, Tensor hidden, Tensor output) {
    norm.forward(weights, hidden, output);
  }
}
