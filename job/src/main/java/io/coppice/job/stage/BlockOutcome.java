package io.coppice.job.stage;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruneResult;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What came of a block in a wave. Small: it travels to the driver.
 *
 * @param wave from 1
 * @param sparsity share of zeros in the block's prunable weights
 * @param layers what pruning did, layer by layer; empty after the first wave
 * @param epochs errors from epoch 0 on; empty where nothing was trained
 * @param seconds the task took
 */
record BlockOutcome(
    int block,
    int wave,
    double sparsity,
    List<Layer> layers,
    List<EpochErrors> epochs,
    double seconds)
    implements Serializable {
  BlockOutcome {
    layers = List.copyOf(layers);
    epochs = List.copyOf(epochs);
  }

  /**
   * What pruning did to a layer.
   *
   * @param deadColumns inputs that were zero in all calibration text
   * @param damping what was added to the Hessian's diagonal, as a share of its mean
   */
  record Layer(String name, double sparsity, int deadColumns, double damping)
      implements Serializable {}

  static List<Layer> layers(Map<String, PruneResult> results) {
    return results.entrySet().stream()
        .map(
            entry ->
                new Layer(
                    entry.getKey(),
                    entry.getValue().sparsity(),
                    entry.getValue().deadColumns(),
                    entry.getValue().damping()))
        .toList();
  }

  static double sparsity(LanguageModel model, BlockWeights weights) {
    long zeros = 0;
    long all = 0;
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable()) {
        zeros += zeros(weights.tensor(shape.name()));
        all += shape.size();
      }
    }
    return (double) zeros / all;
  }

  private static long zeros(Tensor tensor) {
    float[] row = new float[tensor.columns()];
    long zeros = 0;
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.readRow(i, row);
      for (float value : row) {
        zeros += value == 0 ? 1 : 0;
      }
    }
    return zeros;
  }
}
