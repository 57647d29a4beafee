package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.tensor.Arena;
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
   * The activations after some blocks, computed anew for every window that is read.
   *
   * @param weights of the consecutive blocks; they are used as they are at each reading
   * @param inputs of the first of them
   * @param arena where the scratch memory is taken from
   */
  static ActivationReader through(
      BlockFactory factory, List<BlockWeights> weights, ActivationReader inputs, Arena arena) {
    return new SpanReader(factory, weights, arena).on(inputs);
  }
}
