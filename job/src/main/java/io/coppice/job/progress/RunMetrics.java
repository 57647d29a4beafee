package io.coppice.job.progress;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/**
 * Publishes the state of a run among the metrics of Spark's driver, for the sinks that Spark's
 * settings name, and passes every event on.
 */
public final class RunMetrics implements Progress {
  /** Prefix of each metric's name, after the prefixes of Spark. */
  public static final String SOURCE = "coppice";

  private final Progress progress;
  private final ProgressState state = new ProgressState();
  private final MetricRegistry registry = new MetricRegistry();

  /** Makes the metrics; {@link #register} publishes them. */
  public RunMetrics(Progress progress) {
    this.progress = progress;
    gauge("block_epochs_planned", ProgressState::planned);
    gauge("block_epochs_done", ProgressState::done);
    gauge("blocks_in_training", ProgressState::blocksInTraining);
    gauge("training_seconds_left", known -> known.secondsLeft().orElse(Double.NaN));
    gauge("error_calibration", ProgressState::calibrationError);
    gauge("error_held_out", ProgressState::heldOutError);
    gauge("text_groups_written", ProgressState::groupsWritten);
  }

  private void gauge(String name, ToDoubleFunction<ProgressState> value) {
    Gauge<Double> gauge =
        () -> {
          synchronized (state) {
            return value.applyAsDouble(state);
          }
        };
    registry.register(name, gauge);
  }

  /** Publishes the metrics; to be called after Spark has started in this process. */
  public void register() {
    SparkEnv.get().metricsSystem().registerSource(new Metrics(registry));
  }

  @Override
  public void report(ProgressEvent event) {
    synchronized (state) {
      state.accept(event);
    }
    progress.report(event);
  }

  @Override
  public void close() {
    progress.close();
  }

  private record Metrics(MetricRegistry metricRegistry) implements Source {
    @Override
    public String sourceName() {
      return SOURCE;
    }
  }
}
