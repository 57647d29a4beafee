package io.coppice.job.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.evaluate.Estimate;
import io.coppice.job.cli.MeasuredTasks;
import io.coppice.storage.Json;
import java.util.Map;

/**
 * Adds a model's task results in the shape of lm-evaluation-harness 0.4's results file, so that
 * what reads such files reads these.
 */
final class HarnessJson {
  /** The name of the filter that takes results as they are. */
  private static final String FILTER = ",none";

  private HarnessJson() {}

  /** Adds its members; none where no tasks were measured. */
  static void addTo(ObjectNode json, Evaluation evaluation, MeasuredTasks settings) {
    if (evaluation.tasks().isEmpty()) {
      return;
    }
    ObjectNode results = json.putObject("results");
    ObjectNode subtasks = json.putObject("group_subtasks");
    ObjectNode configs = json.putObject("configs");
    ObjectNode versions = json.putObject("versions");
    ObjectNode shots = json.putObject("n-shot");
    ObjectNode better = json.putObject("higher_is_better");
    ObjectNode samples = json.putObject("n-samples");
    evaluation
        .tasks()
        .forEach(
            (name, result) -> {
              fill(results.putObject(name), name, result);
              subtasks.putArray(name);
              configs.set(name, config(name, result));
              versions.put(name, result.facts().task().version());
              shots.put(name, 0);
              ObjectNode measures = better.putObject(name);
              result
                  .measures()
                  .keySet()
                  .forEach(measure -> measures.put(measure, result.higherIsBetter()));
              samples
                  .putObject(name)
                  .put("original", result.facts().all())
                  .put("effective", result.facts().measured());
            });
    ObjectNode config = json.putObject("config");
    config.put("model", "coppice").put("model_args", "pretrained=" + evaluation.model());
    if (settings.isLimited()) {
      config.put("limit", settings.limit());
    } else {
      config.putNull("limit");
    }
  }

  private static void fill(ObjectNode node, String name, TaskResult result) {
    node.put("alias", name);
    for (Map.Entry<String, Estimate> measure : result.measures().entrySet()) {
      Json.putFinite(node, measure.getKey() + FILTER, measure.getValue().mean());
      String error = measure.getKey() + "_stderr" + FILTER;
      if (result.higherIsBetter()) {
        Json.putFinite(node, error, measure.getValue().standardError());
      } else {
        // The harness has none for these.
        node.put(error, "N/A");
      }
    }
  }

  private static ObjectNode config(String name, TaskResult result) {
    ObjectNode config = Json.object();
    config
        .put("task", name)
        .put(
            "output_type",
            result instanceof TaskResult.Pages ? "loglikelihood_rolling" : "multiple_choice")
        .put("num_fewshot", 0);
    return config;
  }
}
