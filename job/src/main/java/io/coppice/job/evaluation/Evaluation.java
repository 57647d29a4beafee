package io.coppice.job.evaluation;

import io.coppice.evaluate.WindowLosses;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The measurements of a model.
 *
 * @param model its folder, as the user wrote it
 * @param texts by name, in the order given
 * @param tasks by name, in the order given
 */
public record Evaluation(
    String model, Map<String, TextResult> texts, Map<String, TaskResult> tasks) {

  /** The losses on a text. */
  public record TextResult(EvaluationTexts.Text text, WindowLosses losses) {}

  /** The perplexities by text, in the order given. */
  public Map<String, Double> perplexities() {
    Map<String, Double> perplexities = new LinkedHashMap<>();
    texts.forEach((name, result) -> perplexities.put(name, result.losses().perplexity()));
    return perplexities;
  }
}
