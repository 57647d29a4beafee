package io.coppice.job.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.evaluate.Estimate;
import io.coppice.job.evaluation.Evaluation.TextResult;
import io.coppice.storage.Json;

/** Evaluations in their printed form, which conf/FORMATS.md describes. */
public final class EvaluationJson {
  private EvaluationJson() {}

  /** One model's results. */
  public static ObjectNode of(Evaluation evaluation) {
    ObjectNode json = Json.object();
    json.put("model", evaluation.model());
    ObjectNode perplexity = json.putObject("perplexity");
    evaluation.texts().forEach((name, result) -> fill(perplexity.putObject(name), result));
    json.putObject("tasks");
    return json;
  }

  private static void fill(ObjectNode node, TextResult result) {
    EvaluationTexts.Text text = result.text();
    Estimate meanLoss = result.losses().meanLoss();
    Json.putFinite(node, "perplexity", result.losses().perplexity());
    Json.putFinite(node, "perplexity_stderr", result.losses().perplexityError());
    Json.putFinite(node, "mean_loss", meanLoss.mean());
    Json.putFinite(node, "mean_loss_stderr", meanLoss.standardError());
    node.put("protocol", text.protocol().toString())
        .put("tokens", text.tokens())
        .put("windows", text.windows().length)
        .put("sequence_length", text.sequenceLength())
        .put("dropped_tokens", text.droppedTokens())
        .put("documents", text.read().documents())
        .put("files", text.read().files());
  }
}
