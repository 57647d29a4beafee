package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.report.DataTable.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The figures of an ablation.
 *
 * @param rows of {@code ablation.json}
 * @param texts on which perplexity was measured
 */
record AblationTables(List<JsonNode> rows, List<String> texts) {
  AblationTables {
    rows = List.copyOf(rows);
    texts = List.copyOf(texts);
  }

  private static final List<String> STATISTICS =
      List.of(
          "error_calibration",
          "error_held_out",
          "relative_error_calibration",
          "relative_error_held_out",
          "perplexity_held_out",
          "seconds");

  /** Mean ± deviation, as text. */
  static String statistic(JsonNode statistic) {
    double mean = number(statistic, "mean");
    double deviation = number(statistic, "deviation");
    if (Double.isNaN(mean)) {
      return "";
    }
    String text = Format.number(mean);
    if (Double.isNaN(deviation) || text.contains("e")) {
      return text;
    }
    // Both with as many decimals.
    int decimals = text.contains(".") ? text.length() - text.indexOf('.') - 1 : 0;
    return text + String.format(Locale.ROOT, " ± %." + decimals + "f", deviation);
  }

  /** A row for each combination. */
  DataTable figures() {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("combination", "Combination", Format.TEXT));
    columns.add(new Column("sparsity", "Zeros", Format.PERCENT));
    columns.add(new Column("error_calibration", "Last block's error, calibration", Format.TEXT));
    columns.add(new Column("error_held_out", "Last block's error, held out", Format.TEXT));
    columns.add(new Column("perplexity_held_out", "Perplexity, held out", Format.TEXT));
    texts.forEach(
        text -> columns.add(new Column("perplexity_" + text, "Perplexity, " + text, Format.TEXT)));
    columns.add(new Column("seconds", "Seconds", Format.TEXT));
    List<List<Object>> cells = new ArrayList<>();
    for (JsonNode row : rows) {
      List<Object> line = new ArrayList<>();
      line.add(AblationReport.name(row));
      line.add(number(row, "sparsity"));
      line.add(statistic(row.path("error_calibration")));
      line.add(statistic(row.path("error_held_out")));
      line.add(statistic(row.path("perplexity_held_out")));
      texts.forEach(text -> line.add(statistic(row.path("perplexity").path(text))));
      line.add(statistic(row.path("seconds")));
      cells.add(line);
    }
    return new DataTable("ablation", "All combinations", columns, cells).withoutEmptyColumns();
  }

  /** A row for each figure of each combination and seed, unrounded in the file. */
  DataTable seeds() {
    List<List<Object>> cells = new ArrayList<>();
    for (JsonNode row : rows) {
      STATISTICS.forEach(figure -> addSeeds(row, figure, row.path(figure), cells));
      texts.forEach(
          text -> addSeeds(row, "perplexity on " + text, row.path("perplexity").path(text), cells));
    }
    return new DataTable(
        "seeds",
        "Every figure of every seed",
        List.of(
            new Column("combination", "Combination", Format.TEXT),
            new Column("figure", "Figure", Format.TEXT),
            new Column("seed", "Seed", Format.TEXT),
            new Column("value", "Value", Format.NUMBER)),
        cells);
  }

  private static void addSeeds(
      JsonNode row, String figure, JsonNode statistic, List<List<Object>> cells) {
    statistic
        .path("seeds")
        .fields()
        .forEachRemaining(
            seed ->
                cells.add(
                    List.of(
                        AblationReport.name(row),
                        figure.replace('_', ' '),
                        seed.getKey(),
                        number(seed.getValue()))));
  }
}
