package io.coppice.job.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.evaluate.Estimate;
import io.coppice.evaluate.WindowLosses;
import io.coppice.job.evaluation.Evaluation.TextResult;
import io.coppice.storage.Json;
import java.util.Map;

/** Evaluations in their printed form, which conf/FORMATS.md describes. */
public final class EvaluationJson {
  private EvaluationJson() {}

  /** One model's results. */
  public static ObjectNode of(Evaluation evaluation) {
    ObjectNode json = Json.object();
    json.put("model", evaluation.model());
    ObjectNode perplexity = json.putObject("perplexity");
    evaluation.texts().forEach((name, result) -> fill(perplexity.putObject(name), result));
    ObjectNode tasks = json.putObject("tasks");
    evaluation.tasks().forEach((name, result) -> fill(tasks.putObject(name), result));
    return json;
  }

  /** Two models' results, and their differences. */
  public static ObjectNode of(Comparison comparison) {
    ObjectNode json = of(comparison.one());
    json.set("against", of(comparison.other()));
    ObjectNode difference = json.putObject("difference");
    ObjectNode perplexity = difference.putObject("perplexity");
    comparison
        .one()
        .texts()
        .forEach(
            (name, result) -> {
              WindowLosses losses = result.losses();
              WindowLosses others = comparison.other().texts().get(name).losses();
              ObjectNode node = perplexity.putObject(name);
              put(node, "perplexity", losses.perplexityDifference(others));
              put(node, "mean_loss", losses.meanLossDifference(others));
            });
    ObjectNode tasks = difference.putObject("tasks");
    comparison
        .one()
        .tasks()
        .forEach(
            (name, result) ->
                putAll(
                    tasks.putObject(name),
                    result.differences(comparison.other().tasks().get(name))));
    return json;
  }

  private static void fill(ObjectNode node, TextResult result) {
    EvaluationTexts.Text text = result.text();
    WindowLosses losses = result.losses();
    put(node, "perplexity", new Estimate(losses.perplexity(), losses.perplexityError()));
    put(node, "mean_loss", losses.meanLoss());
    node.put("protocol", text.protocol().toString())
        .put("tokens", text.tokens())
        .put("windows", text.windows().length)
        .put("sequence_length", text.sequenceLength())
        .put("dropped_tokens", text.droppedTokens())
        .put("documents", text.read().documents())
        .put("files", text.read().files());
  }

  private static void fill(ObjectNode node, TaskResult result) {
    putAll(node, result.measures());
    node.put("n", result.facts().measured()).put("truncated", result.facts().truncated());
  }

  private static void putAll(ObjectNode node, Map<String, Estimate> estimates) {
    estimates.forEach((name, estimate) -> put(node, name, estimate));
  }

  private static void put(ObjectNode node, String name, Estimate estimate) {
    Json.putFinite(node, name, estimate.mean());
    Json.putFinite(node, name + "_stderr", estimate.standardError());
  }
}
