package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.ThresholdException;
import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Stages;
import io.coppice.job.text.TextCount;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.util.LinkedHashMap;
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

  /**
   * Perplexity of one text.
   *
   * @param tokens of the whole text, those of the dropped tail included
   * @param windows that were measured
   * @param read the counts of its files and documents
   */
  public record TextPerplexity(double perplexity, long tokens, int windows, TextCount read) {}

  /**
   * Measures all texts, and writes the results to the output file if one is asked for.
   *
   * @return the results by file name without ending, in the order given
   */
  public Map<String, TextPerplexity> run() {
    Optional<OutputFile> output =
        settings
            .output()
            .map(file -> new OutputFile(Storage.path(file), true, environment.hadoop()));
    output.ifPresent(file -> file.requireWritable(settings.texts()));
    Map<String, TextPerplexity> results = measure();
    output.ifPresent(
        file ->
            JsonFile.write(file.path(), toJson(settings.model(), results), environment.hadoop()));
    return results;
  }

  private Map<String, TextPerplexity> measure() {
    ModelOnCluster model = environment.model(settings.model());
    int length = settings.sequenceLength().resolve(model.model().maxPositions());
    EvaluationTexts texts = new EvaluationTexts(settings, length);
    Cluster cluster = environment.start(settings.engine());
    Stages stages = environment.stages();
    Map<String, TextPerplexity> results = new LinkedHashMap<>();
    try (EncoderSource.OpenEncoder encoder = model.encoder().open()) {
      for (String name : texts.names()) {
        results.put(
            name,
            stages.run(
                "evaluation of " + name,
                () -> {
                  EvaluationTexts.Text text = texts.read(name, cluster.session(), encoder);
                  return new TextPerplexity(
                      PerplexityPass.perplexity(cluster, model, model, text.windows()),
                      text.tokens(),
                      text.windows().length,
                      text.read());
                }));
      }
    }
    return results;
  }

  /**
   * Fails if a text's perplexity is higher, or no number.
   *
   * @throws ThresholdException if so
   */
  public static void requireAtMost(double maxPerplexity, Map<String, TextPerplexity> results) {
    results.forEach(
        (name, result) -> {
          if (Double.isFinite(maxPerplexity) && !(result.perplexity() <= maxPerplexity)) {
            throw new ThresholdException(
                "The perplexity on %s is %s, above --max-perplexity %s"
                    .formatted(name, result.perplexity(), maxPerplexity));
          }
        });
  }

  /** The results in their printed form, which conf/FORMATS.md describes. */
  public static ObjectNode toJson(String model, Map<String, TextPerplexity> results) {
    ObjectNode json = Json.object();
    json.put("model", model);
    ObjectNode perplexity = json.putObject("perplexity");
    results.forEach(
        (name, result) -> {
          ObjectNode node = perplexity.putObject(name);
          Json.putFinite(node, "perplexity", result.perplexity());
          node.put("tokens", result.tokens())
              .put("windows", result.windows())
              .put("documents", result.read().documents())
              .put("files", result.read().files());
        });
    json.putObject("tasks");
    return json;
  }
}
