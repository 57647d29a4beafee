package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.report.DataTable.Column;
import io.coppice.job.report.Headline.Tile;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Perplexities on texts and scores of tasks, of the sparse model beside the dense one.
 *
 * @param evaluation {@code evaluation.json}; a missing node where nothing was measured
 */
record EvaluationSection(JsonNode evaluation) {
  private static final String ERROR = "_stderr";
  private static final String PERPLEXITY = "perplexity";

  /** The mean of tasks' first measure, if there are tasks that have accuracies. */
  List<Tile> tiles() {
    double dense = 0;
    double sparse = 0;
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, JsonNode> task : evaluation.path("tasks").properties()) {
      double ofDense = number(evaluation.at("/against/tasks").path(task.getKey()), "acc");
      double ofSparse = number(task.getValue(), "acc");
      if (Double.isFinite(ofDense) && Double.isFinite(ofSparse)) {
        dense += ofDense;
        sparse += ofSparse;
        names.add(task.getKey());
      }
    }
    return names.isEmpty()
        ? List.of()
        : List.of(
            new Tile(
                names.size() == 1
                    ? "Accuracy in %s, dense → sparse".formatted(names.get(0))
                    : "Mean accuracy in %d tasks, dense → sparse".formatted(names.size()),
                "%s → %s".formatted(share(dense / names.size()), share(sparse / names.size())),
                "higher is better"));
  }

  private static String share(double value) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * value);
  }

  Optional<Section> section() {
    List<List<Object>> texts = texts();
    List<List<Object>> scores = scores();
    if (texts.isEmpty() && scores.isEmpty()) {
      return Optional.empty();
    }
    List<DataTable> tables = new ArrayList<>();
    tables.addAll(table("texts", "Perplexity on texts", "Text", texts).ifAny());
    tables.addAll(table("tasks", "Scores of tasks", "Task and measure", scores).ifAny());
    return Optional.of(
        new Section(
            "evaluation",
            "Texts and tasks",
            List.of(
                "What both models were measured on in the end; ± is a standard error, that of the"
                    + " difference a paired one."),
            charts(scores),
            tables));
  }

  private List<List<Object>> texts() {
    List<List<Object>> rows = new ArrayList<>();
    for (String name : names(PERPLEXITY)) {
      rows.add(row(name, PERPLEXITY, name, PERPLEXITY));
    }
    return rows;
  }

  private List<List<Object>> scores() {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : names("tasks")) {
      for (Map.Entry<String, JsonNode> measure : evaluation.path("tasks").path(task).properties()) {
        if (evaluation.path("tasks").path(task).has(measure.getKey() + ERROR)) {
          rows.add(row(task + ", " + measure.getKey(), "tasks", task, measure.getKey()));
        }
      }
    }
    return rows;
  }

  private List<String> names(String of) {
    return evaluation.path(of).properties().stream().map(Map.Entry::getKey).toList();
  }

  private List<Object> row(String label, String of, String name, String measure) {
    JsonNode sparse = evaluation.path(of).path(name);
    JsonNode dense = evaluation.path("against").path(of).path(name);
    JsonNode difference = evaluation.path("difference").path(of).path(name);
    return List.of(
        label,
        number(dense, measure),
        number(dense, measure + ERROR),
        number(sparse, measure),
        number(sparse, measure + ERROR),
        number(difference, measure),
        number(difference, measure + ERROR));
  }

  private static DataTable table(
      String name, String caption, String first, List<List<Object>> rows) {
    return new DataTable(
        name,
        caption,
        List.of(
            new Column("name", first, Format.TEXT),
            new Column("dense", "Dense", Format.NUMBER),
            new Column("dense_stderr", "±", Format.NUMBER),
            new Column("sparse", "Sparse", Format.NUMBER),
            new Column("sparse_stderr", "±", Format.NUMBER),
            new Column("difference", "Difference", Format.NUMBER),
            new Column("difference_stderr", "±", Format.NUMBER)),
        rows);
  }

  private static List<Chart> charts(List<List<Object>> scores) {
    List<List<Object>> accuracies =
        scores.stream().filter(row -> row.get(0).toString().contains(", acc")).toList();
    if (accuracies.isEmpty()) {
      return List.of();
    }
    ObjectNode data = Json.object();
    ArrayNode items = data.putArray("items");
    for (List<Object> row : accuracies) {
      items.add(Values.item(row.get(0) + ", dense", (Double) row.get(1)));
      items.add(Values.item(row.get(0) + ", sparse", (Double) row.get(3)));
    }
    return List.of(
        new Chart(
            "chart-tasks",
            "bars",
            "Accuracy of the dense and the sparse model in each task",
            data));
  }
}
