package io.coppice.job.run;

import io.coppice.failure.ThresholdException;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation;
import io.coppice.job.evaluation.EvaluationData;
import io.coppice.job.evaluation.EvaluationJson;
import io.coppice.job.evaluation.EvaluationTexts;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.util.Map;
import java.util.Optional;

/** {@code evaluate}: perplexity of a model on texts. Lives on the driver. */
public final class EvaluateRun {
  private final EvaluateSettings settings;
  private final RunEnvironment environment;

  public EvaluateRun(EvaluateSettings settings, RunEnvironment environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /** Measures everything, and writes the results to the output file if one is asked for. */
  public Evaluation run() {
    Optional<OutputFile> output =
        settings
            .output()
            .map(file -> new OutputFile(Storage.path(file), true, environment.hadoop()));
    output.ifPresent(file -> file.requireWritable(settings.texts()));
    Evaluation result = measure();
    output.ifPresent(
        file -> JsonFile.write(file.path(), EvaluationJson.of(result), environment.hadoop()));
    return result;
  }

  private Evaluation measure() {
    ModelOnCluster model = environment.model(settings.model());
    int length = settings.sequenceLength().resolve(model.model().maxPositions());
    EvaluationTexts texts = new EvaluationTexts(settings.measured(), length);
    Cluster cluster = environment.start(settings.engine());
    return EvaluationData.read(cluster, model, texts)
        .measure(settings.model(), model, environment.stages());
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
