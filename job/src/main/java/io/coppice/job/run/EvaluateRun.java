package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.ThresholdException;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation;
import io.coppice.job.evaluation.EvaluationData;
import io.coppice.job.evaluation.EvaluationReport;
import io.coppice.job.evaluation.EvaluationTexts;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.util.Map;
import java.util.Optional;

/** {@code evaluate}: a model, or two of them, on texts and tasks. Lives on the driver. */
public final class EvaluateRun {
  private final EvaluateSettings settings;
  private final RunEnvironment environment;

  public EvaluateRun(EvaluateSettings settings, RunEnvironment environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /** Measures everything, and writes the results to the output file if one is asked for. */
  public EvaluationReport run() {
    Optional<OutputFile> output =
        settings
            .output()
            .map(
                file ->
                    new OutputFile(
                        Storage.path(file), ReplaceableFile.EVALUATION, environment.hadoop()));
    output.ifPresent(file -> file.requireWritable(settings.measured().paths()));
    EvaluationReport report = measure();
    ObjectNode json = report.json();
    output.ifPresent(file -> JsonFile.write(file.path(), json, environment.hadoop()));
    return report;
  }

  private EvaluationReport measure() {
    ModelOnCluster model = environment.model(settings.model());
    Optional<ModelOnCluster> other = settings.against().map(environment::model);
    int positions =
        Math.min(
            model.model().maxPositions(),
            other.map(against -> against.model().maxPositions()).orElse(Integer.MAX_VALUE));
    int length = settings.sequenceLength().resolve(positions);
    EvaluationTexts texts = new EvaluationTexts(settings.measured().texts(), length);
    Cluster cluster = environment.start(settings.engine());
    EvaluationData data = EvaluationData.read(cluster, model, texts, settings.measured());
    Optional<EvaluationData> otherData = other.map(data::encodedFor);
    Evaluation one = data.measure(settings.model(), model, environment.stages());
    Optional<Evaluation> against =
        otherData.map(
            read -> read.measure(settings.otherModel(), read.source(), environment.stages()));
    return new EvaluationReport(one, against, settings.measured().tasks());
  }

  /**
   * Fails if a text's perplexity is higher, or no number.
   *
   * @param perplexities by text
   * @throws ThresholdException if so
   */
  static void requireAtMost(double maxPerplexity, Map<String, Double> perplexities) {
    perplexities.forEach(
        (name, perplexity) -> {
          if (Double.isFinite(maxPerplexity) && !(perplexity <= maxPerplexity)) {
            throw new ThresholdException(
                "The perplexity on %s is %s, above --max-perplexity %s"
                    .formatted(name, perplexity, maxPerplexity));
          }
        });
  }
}
