package io.coppice.job.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.cli.MeasuredTasks;
import java.util.List;
import java.util.Optional;

/**
 * The result that {@code evaluate} tells.
 *
 * @param model in question
 * @param against another one on the same texts and tasks
 * @param tasks as they were asked for
 */
public record EvaluationReport(
    Evaluation model, Optional<Evaluation> against, MeasuredTasks tasks) {

  /** As JSON. */
  public ObjectNode json() {
    ObjectNode json =
        against
            .map(other -> EvaluationJson.of(new Comparison(model, other)))
            .orElseGet(() -> EvaluationJson.of(model));
    HarnessJson.addTo(json, model, tasks);
    return json;
  }

  /** The lines of a table. */
  public List<String> table() {
    return against
        .map(other -> EvaluationTable.of(new Comparison(model, other)))
        .orElseGet(() -> EvaluationTable.of(model));
  }
}
