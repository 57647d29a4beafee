package io.coppice.job.chain;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.text.TextCount;
import io.coppice.model.BlockSource;
import io.coppice.text.CalibrationWindows;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A dense model, windows of text, and the model's activations on them, which all reconstructions of
 * a run share. Made by {@link Calibration}. Lives on the driver.
 *
 * @param dense the dense model
 * @param text the windows
 * @param passes run chains over the windows
 * @param boundaries the dense chain's activations at boundaries 0 to L
 * @param metrics of errors at boundaries 1 to L; none where they are not asked for
 */
public record CalibratedModel(
    ModelOnCluster dense,
    Text text,
    Passes passes,
    List<BoundaryActivations> boundaries,
    List<MetricFile> metrics)
    implements AutoCloseable {
  public CalibratedModel {
    boundaries = List.copyOf(boundaries);
    metrics = List.copyOf(metrics);
  }

  /**
   * Windows of tokens.
   *
   * @param windows of calibration and held-out text
   * @param read the counts of all text that they were drawn from
   * @param selfGenerated text that the dense model wrote for them
   */
  public record Text(
      CalibrationWindows windows, TextCount read, SelfGeneration.Summary selfGenerated) {}

  /** The cluster that tasks run on. */
  public Cluster cluster() {
    return passes.cluster();
  }

  public JavaSparkContext spark() {
    return cluster().spark();
  }

  /** The engine of the tasks. */
  public Engine engine() {
    return cluster().engine();
  }

  /** Describes the store of the activations. */
  public String store() {
    return passes.store().store().description();
  }

  /** The metric of errors at a boundary, from 1. */
  public MetricFile metric(int boundary) {
    return metrics.get(boundary - 1);
  }

  /** The number of blocks, L. */
  public int blockCount() {
    return dense.model().blockCount();
  }

  /**
   * Perplexity of the dense model with other blocks on the held-out windows; NaN if nothing is held
   * out.
   */
  public double heldOutPerplexity(BlockSource blocks) {
    int[][] heldOut = text.windows().heldOut();
    return heldOut.length == 0
        ? Double.NaN
        : PerplexityPass.perplexity(cluster(), dense, blocks, heldOut);
  }

  /** Releases the activations. */
  @Override
  public void close() {
    boundaries.forEach(BoundaryActivations::release);
  }
}
