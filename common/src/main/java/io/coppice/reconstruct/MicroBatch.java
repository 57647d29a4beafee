package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Some windows' inputs and targets, or room for them.
 *
 * @param input count·T × hidden_size
 * @param target same shape
 */
record MicroBatch(Tensor input, Tensor target) {

  /**
   * Takes room from an arena.
   *
   * @param windows the most that it holds
   */
  static MicroBatch allocate(BlockFactory factory, int windows, Arena arena) {
    return new MicroBatch(factory.activations(windows, arena), factory.activations(windows, arena));
  }

  /** The first windows of it. */
  MicroBatch first(BlockFactory factory, int windows) {
    return new MicroBatch(factory.windows(input, 0, windows), factory.windows(target, 0, windows));
  }
}
