package io.coppice.job.evaluation;

import io.coppice.evaluate.Estimate;
import io.coppice.job.evaluation.Evaluation.TextResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Results for eyes: a line for each measure, with one column for each model. */
public final class EvaluationTable {
  private EvaluationTable() {}

  /** One model's results. */
  public static List<String> of(Evaluation evaluation) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "measure", "value"));
    measures(evaluation)
        .forEach((place, value) -> rows.add(List.of(place.of(), place.measure(), text(value))));
    return lines(rows);
  }

  /** Two models' results, and their differences with paired standard errors. */
  public static List<String> of(Comparison comparison) {
    Map<Place, Estimate> others = measures(comparison.other());
    Map<Place, Estimate> differences = differences(comparison);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "measure", "value", "against", "difference"));
    measures(comparison.one())
        .forEach(
            (place, value) ->
                rows.add(
                    List.of(
                        place.of(),
                        place.measure(),
                        text(value),
                        text(others.get(place)),
                        differences.containsKey(place) ? text(differences.get(place)) : "")));
    return lines(rows);
  }

  /** A text or task, and a measure of it. */
  private record Place(String of, String measure) {}

  private static Map<Place, Estimate> measures(Evaluation evaluation) {
    Map<Place, Estimate> measures = new LinkedHashMap<>();
    evaluation
        .texts()
        .forEach((name, result) -> measures.put(new Place(name, "perplexity"), perplexity(result)));
    evaluation
        .tasks()
        .forEach(
            (name, result) ->
                result
                    .measures()
                    .forEach((measure, value) -> measures.put(new Place(name, measure), value)));
    return measures;
  }

  private static Map<Place, Estimate> differences(Comparison comparison) {
    Map<Place, Estimate> differences = new LinkedHashMap<>();
    Evaluation other = comparison.other();
    comparison
        .one()
        .texts()
        .forEach(
            (name, result) ->
                differences.put(
                    new Place(name, "perplexity"),
                    result.losses().perplexityDifference(other.texts().get(name).losses())));
    comparison
        .one()
        .tasks()
        .forEach(
            (name, result) ->
                result
                    .differences(other.tasks().get(name))
                    .forEach((measure, value) -> differences.put(new Place(name, measure), value)));
    return differences;
  }

  private static Estimate perplexity(TextResult result) {
    return new Estimate(result.losses().perplexity(), result.losses().perplexityError());
  }

  private static String text(Estimate estimate) {
    String value = String.format(Locale.ROOT, "%.4f", estimate.mean());
    return Double.isNaN(estimate.standardError())
        ? value
        : value + String.format(Locale.ROOT, " ± %.4f", estimate.standardError());
  }

  private static List<String> lines(List<List<String>> rows) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("|");
      for (int i = 0; i < columns; i++) {
        line.append(' ').append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length()));
        line.append(" |");
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
