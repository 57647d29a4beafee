package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * The memory for training a span, in addition to its weights.
 *
 * @param trainer with its gradients and the activations of one micro-batch
 * @param mixing room for a window of the sparse chain, where inputs are mixed
 * @param teacher the dense block, where it makes the targets
 */
public record TrainingWorkspace(
    BlockTrainer trainer, Optional<Tensor> mixing, Optional<Teacher> teacher) {

  /**
   * The kind of training, on which memory depends.
   *
   * @param batchSize windows per optimiser step
   * @param blockWise whether targets are the dense block's on the student's inputs
   * @param mixedInputs whether inputs are mixed of both chains
   * @param loss what training lowers
   */
  public record Kind(int batchSize, boolean blockWise, boolean mixedInputs, LossKind loss) {

    /** Targets of the dense chain, and inputs of one chain; lowers the reconstruction error. */
    public static Kind of(int batchSize) {
      return new Kind(batchSize, false, false, new LossKind.SquaredError());
    }

    /** The same with targets that the dense block makes, if that is so. */
    public Kind blockWise(boolean is) {
      return new Kind(batchSize, is, mixedInputs, loss);
    }

    /** The same with inputs that are mixed of both chains, if that is so. */
    public Kind mixedInputs(boolean are) {
      return new Kind(batchSize, blockWise, are, loss);
    }

    /** The same with another loss. */
    public Kind lowering(LossKind other) {
      return new Kind(batchSize, blockWise, mixedInputs, other);
    }
  }

  /**
   * A dense block that makes targets.
   *
   * @param weights to be read from the dense model
   */
  public record Teacher(DecoderBlock block, BlockWeights weights) {}

  /**
   * Takes the memory from an arena.
   *
   * @param blocks that are trained jointly
   */
  static TrainingWorkspace allocate(Kind kind, int blocks, BlockFactory factory, Arena arena) {
    return new TrainingWorkspace(
        new BlockTrainer(factory, blocks, kind.batchSize(), kind.loss(), arena),
        kind.mixedInputs() ? Optional.of(factory.activations(1, arena)) : Optional.empty(),
        kind.blockWise()
            ? Optional.of(
                new Teacher(
                    factory.inference(factory.microBatch(kind.batchSize()), arena),
                    factory.weights(arena)))
            : Optional.empty());
  }
}
