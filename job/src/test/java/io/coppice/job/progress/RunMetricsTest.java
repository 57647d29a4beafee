package io.coppice.job.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.RunPlanned;
import io.coppice.job.progress.ProgressEvent.StageStarted;
import io.coppice.reconstruct.EpochErrors;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** The metrics in Spark's own sink for Prometheus, which is set as OPERATIONS.md describes. */
class RunMetricsTest {
  @Test
  void prometheusReadsTheStateOfARun() throws Exception {
    SparkConf conf =
        new SparkConf()
            .setMaster("local[1]")
            .setAppName("metrics")
            .set("spark.ui.enabled", "true")
            .set("spark.ui.port", "0")
            .set("spark.metrics.namespace", "coppice")
            .set(
                "spark.metrics.conf.*.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .set("spark.metrics.conf.*.sink.prometheusServlet.path", "/metrics/prometheus");
    try (JavaSparkContext spark = new JavaSparkContext(conf);
        RunMetrics metrics = new RunMetrics(new SilentProgress())) {
      metrics.register();
      metrics.report(new RunPlanned(12));
      metrics.report(new StageStarted("reconstruction, wave 1 of 2"));
      metrics.report(new BlockStarted(1, 0, 2));
      metrics.report(new BlockStarted(1, 1, 2));
      metrics.report(new BlockEpoch(1, 0, new EpochErrors(1, 0.4, 0.6), 10));
      metrics.report(new BlockEpoch(1, 1, new EpochErrors(1, 0.2, 0.4), 14));
      metrics.report(new BlockEpoch(1, 1, new EpochErrors(2, 0.1, 0.2), 12));

      assertThat(page(spark.sc().uiWebUrl().get() + "/metrics/prometheus/").lines())
          .contains(
              line("block_epochs_planned", 12),
              line("block_epochs_done", 3),
              line("blocks_in_training", 1),
              line("training_seconds_left", 54),
              line("error_calibration", 0.25),
              line("error_held_out", 0.4),
              line("text_groups_written", 0));
    }
  }

  private static String line(String name, double value) {
    return "metrics_coppice_driver_coppice_%s_Value{type=\"gauges\"} %s".formatted(name, value);
  }

  private static String page(String address) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString())
        .body();
  }
}
