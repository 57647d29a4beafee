package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.RoundedWeights;
import io.coppice.model.WeightGradients;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;

/**
 * Takes gradients of windows back through a model's blocks, one after the other, with the weights
 * of one block in memory at a time, and the scratch memory of one micro-batch. Forward values are
 * computed anew from each block's inputs. Products read what training reads.
 */
public final class GradientStream {
  private final BlockFactory factory;
  private final int microBatch;
  private final BlockWeights weights;
  private final List<RoundedWeights> rounded;
  private final DecoderBlock block;
  private final WeightGradients unread;
  private final Tensor input;
  private final Tensor output;

  /**
   * @param windows the number of windows whose gradients are taken back
   * @param arena provides all memory
   */
  public GradientStream(BlockFactory factory, int windows, Arena arena) {
    this.factory = factory;
    microBatch = factory.microBatch(windows);
    weights = factory.weights(arena);
    rounded = factory.roundedWeights(1, arena);
    block = factory.training(microBatch, arena);
    unread = WeightGradients.withoutMatrices(factory.model().blockWeights(), arena);
    input = factory.activations(microBatch, arena);
    output = factory.activations(microBatch, arena);
  }

  /**
   * Turns gradients by a block's output into those by its input.
   *
   * @param blocks the source of its weights
   * @param index the block's number
   * @param inputs its inputs
   * @param first the window that the gradients begin with
   * @param gradients count·T × hidden_size, overwritten
   */
  public void back(
      BlockSource blocks, int index, ActivationReader inputs, int first, Tensor gradients) {
    blocks.read(index, weights);
    rounded.forEach(copies -> copies.copy(weights, factory.blas()));
    BlockWeights multiplied = rounded.isEmpty() ? weights : weights.multipliedAs(rounded.get(0));
    int length = factory.sequenceLength();
    int count = gradients.rows() / length;
    for (int done = 0; done < count; done += microBatch) {
      int windows = Math.min(microBatch, count - done);
      Tensor x = factory.windows(input, 0, windows);
      inputs.readFrom(first + done, length, x);
      Tensor y = factory.windows(output, 0, windows);
      block.forward(multiplied, x, length, y, DecoderBlock.UNOBSERVED);
      block.backward(multiplied, x, length, factory.windows(gradients, done, windows), unread);
    }
  }
}
