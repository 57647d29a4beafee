package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;

/** Computes the activations after several blocks, again for every window that is read. */
final class SpanReader {
  private final List<BlockWeights> weights;
  private final BlockSpan span;
  private final Tensor input;

  /**
   * @param weights of the consecutive blocks; they are used as they are at each reading
   */
  SpanReader(BlockFactory factory, List<BlockWeights> weights, Arena arena) {
    this.weights = List.copyOf(weights);
    span = BlockSpan.inference(factory, weights.size(), 1, arena);
    input = factory.activations(1, arena);
  }

  /**
   * The activations after the last block.
   *
   * @param inputs of the first one
   */
  ActivationReader on(ActivationReader inputs) {
    return (window, destination) -> {
      inputs.read(window, input);
      span.forward(weights, input, destination);
    };
  }
}
