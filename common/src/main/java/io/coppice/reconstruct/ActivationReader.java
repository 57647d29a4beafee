package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.List;

/** The activations of every window at one block boundary of one chain. */
@FunctionalInterface
public interface ActivationReader {

  /**
   * @param window the window's index; calibration windows come first, held-out ones follow
   * @param destination T × hidden_size, overwritten
   */
  void read(int window, Tensor destination);

  /**
   * The activations behind some blocks, computed anew for every window that is read.
   *
   * @param weights of the consecutive blocks; they are used as they are at each reading
   * @param inputs of the first of them
   * @param arena where the scratch memory is taken from
   */
  static ActivationReader through(
      LanguageModel model,
      List<BlockWeights> weights,
      ActivationReader inputs,
      int sequenceLength,
      Blas blas,
      Arena arena) {
    BlockSpan span =
        new BlockSpan(model, blas, arena, weights.size(), sequenceLength, sequenceLength, false);
    Tensor input = arena.tensor(sequenceLength, model.hiddenSize());
    return (window, destination) -> {
      inputs.read(window, input);
      span.forward(weights, input, sequenceLength, destination);
    };
  }
}
