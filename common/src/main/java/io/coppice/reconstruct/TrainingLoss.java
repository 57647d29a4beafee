package io.coppice.reconstruct;

import io.coppice.kernel.MeanSquaredError;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * The loss that a training lowers: the reconstruction error ‖e‖² per element, or eᵀ M e in a
 * metric; or, for a model's last block, the mean over tokens of KL(softmax z̄ ‖ softmax z) + w ·
 * ‖e‖² ÷ ‖X̄_L‖².
 *
 * @param squares sums squared differences
 * @param metric weighs differences, if the loss does
 * @param distribution compares distributions, if the loss does
 * @param energy the mean square, per element, of the targets of all windows that are trained on;
 *     used with distributions only
 */
record TrainingLoss(
    MeanSquaredError squares,
    Optional<ErrorMetric> metric,
    Optional<DistributionLoss> distribution,
    double energy) {

  /** The reconstruction error. */
  static TrainingLoss error(MeanSquaredError squares) {
    return new TrainingLoss(squares, Optional.empty(), Optional.empty(), 1);
  }

  /**
   * The gradient of a batch's loss by the outputs of one micro-batch.
   *
   * @param windows of the batch
   * @param sequenceLength T, tokens of each
   * @param outputGradient of the outputs' shape, overwritten
   */
  void gradient(
      Tensor output, Tensor target, int windows, int sequenceLength, Tensor outputGradient) {
    double elements = (double) windows * sequenceLength * output.columns();
    if (metric.isPresent()) {
      metric.orElseThrow().gradient(output, target, elements, outputGradient);
      return;
    }
    if (distribution.isEmpty()) {
      squares.lossAndGradient(output, target, elements, outputGradient);
      return;
    }
    DistributionLoss towards = distribution.orElseThrow();
    squares.lossAndGradient(
        output, target, elements * energy / towards.settings().errorWeight(), outputGradient);
    towards.addGradient(output, target, towards.tokens(windows), outputGradient);
  }

  /** Begins to measure. */
  Measurement measurement() {
    return new Measurement();
  }

  /** Sums over windows that are measured. */
  final class Measurement {
    private double squaredError;
    private double weighedError;
    private double divergence;
    private long elements;
    private long tokens;

    /** Adds some windows' outputs. */
    void add(Tensor output, Tensor target, int sequenceLength) {
      squaredError += squares.loss(output, target) * target.size();
      elements += target.size();
      metric.ifPresent(weighing -> weighedError += weighing.sum(output, target));
      distribution.ifPresent(
          towards -> {
            divergence += towards.sum(output, target);
            tokens += towards.tokens(target.rows() / sequenceLength);
          });
    }

    /** The mean squared difference, per element; NaN where nothing was added. */
    double error() {
      return squaredError / elements;
    }

    /** The mean divergence of the tokens that are compared, in nats; NaN where none are. */
    double divergence() {
      return divergence / tokens;
    }

    /** The loss. */
    double loss() {
      if (metric.isPresent()) {
        return weighedError / elements;
      }
      return distribution
          .map(towards -> divergence() + towards.settings().errorWeight() * error() / energy)
          .orElse(error());
    }
  }
}
