package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.MetricFile;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Objective;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.reconstruct.BlockTrainer;
import io.coppice.reconstruct.LossKind;
import java.io.Serializable;

/** The loss that a span is trained to lower, with the means to compute it; sent to tasks. */
sealed interface SpanLoss extends Serializable {

  LossKind kind();

  /** Fills in what a trainer of this loss reads before it trains. */
  void read(BlockTrainer trainer, ModelOnCluster dense);

  /** The error in the metric of the boundary after the span. */
  record InMetric(MetricFile file) implements SpanLoss {
    @Override
    public LossKind kind() {
      return new LossKind.Metric();
    }

    @Override
    public void read(BlockTrainer trainer, ModelOnCluster dense) {
      trainer.metric().ifPresent(metric -> metric.read(file::read));
    }
  }

  /** A loss that needs nothing but the dense model. */
  record OfModel(LossKind kind) implements SpanLoss {
    @Override
    public void read(BlockTrainer trainer, ModelOnCluster dense) {
      trainer.distribution().ifPresent(it -> it.read(dense.checkpoint()::read));
    }
  }

  /**
   * The loss of a span at a level.
   *
   * @param end the block after its last one
   */
  static SpanLoss of(CalibratedModel calibrated, Objective objective, Level level, int end) {
    LossKind kind = objective.loss(level, end == calibrated.blockCount());
    return kind instanceof LossKind.Metric
        ? new InMetric(calibrated.metric(end))
        : new OfModel(kind);
  }

  /** Whether it compares distributions, which takes longer. */
  default boolean comparesDistributions() {
    return kind().distributions().isPresent();
  }
}
