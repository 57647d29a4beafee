package io.coppice.job.block;

import io.coppice.job.cli.Level;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.LayerOutcome;
import java.io.Serializable;
import java.util.List;

/**
 * The record of a block that is finished in a wave. Small: it travels to the driver, and stays in
 * the work folder, as JSON with these names.
 *
 * @param wave from 1
 * @param level at which it was reconstructed
 * @param sparsity share of zeros in the block's prunable weights
 * @param layers results of pruning, layer by layer; empty after the first wave
 * @param epochs errors from epoch 0 on; empty where nothing was trained
 * @param seconds the task took, a pair's halved
 * @param secondsWaiting of them in which training waited for activations
 */
public record FinishedBlock(
    int block,
    int wave,
    Level level,
    double sparsity,
    List<LayerOutcome> layers,
    List<EpochErrors> epochs,
    double seconds,
    double secondsWaiting)
    implements Serializable {
  public FinishedBlock {
    layers = List.copyOf(layers);
    epochs = List.copyOf(epochs);
  }

  /** The number of epochs that it was trained for. */
  int trainedEpochs() {
    return Math.max(0, epochs.size() - 1);
  }

  /** Whether training lowered the same of it as of another one: error, metric or divergence. */
  boolean isTrainedAs(FinishedBlock other) {
    return lowered().equals(other.lowered());
  }

  private List<Boolean> lowered() {
    return epochs.stream()
        .map(EpochErrors::losses)
        .findFirst()
        .map(losses -> List.of(losses.known(), losses.areDivergences()))
        .orElse(List.of());
  }

  static double sparsity(LanguageModel model, BlockWeights weights) {
    long zeros = 0;
    long all = 0;
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable()) {
        zeros += weights.tensor(shape.name()).countZeros();
        all += shape.size();
      }
    }
    return (double) zeros / all;
  }
}
