package io.coppice.reconstruct;

import java.io.Serializable;
import java.util.Optional;

/** The loss that the training of consecutive blocks lowers. */
public sealed interface LossKind extends Serializable {

  /** The reconstruction error, the mean of the squared differences. */
  record SquaredError() implements LossKind {}

  /** The error in a metric of its own for each boundary; see {@link ErrorMetric}. */
  record Metric() implements LossKind {}

  /** Of a model's last blocks, the divergence of distributions; see {@link DistributionLoss}. */
  record Distributions(DistributionSettings settings) implements LossKind {}

  /** Of distributions, how they are compared; empty for other losses. */
  default Optional<DistributionSettings> distributions() {
    return this instanceof Distributions towards
        ? Optional.of(towards.settings())
        : Optional.empty();
  }
}
