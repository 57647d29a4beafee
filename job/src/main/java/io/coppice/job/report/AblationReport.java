package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.Headline.Tile;
import io.coppice.job.report.Headline.Verdict;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** The parts of the page on an {@code ablate}. */
final class AblationReport {
  private final RunRecord run;
  private final List<JsonNode> rows;
  private final List<String> texts;

  AblationReport(RunRecord run) {
    this.run = run;
    rows = StreamSupport.stream(run.figures().path("rows").spliterator(), false).toList();
    List<String> names = new ArrayList<>();
    run.figures().path("dense").path("perplexity").fieldNames().forEachRemaining(names::add);
    texts = List.copyOf(names);
  }

  Page page() {
    List<Section> sections = new ArrayList<>();
    sections.add(results());
    sections.add(errors());
    sections.add(new TimeSection(run).section());
    sections.add(OptionsSection.of(run));
    return new Page(headline(), Optional.empty(), sections);
  }

  /** A row in words: {@code sparsegpt, 2:4, gp}. */
  static String name(JsonNode row) {
    String name =
        "%s, %s, %s"
            .formatted(
                Values.text(row, "method"), Values.text(row, "pattern"), Values.text(row, "level"));
    return switch (Values.text(row, "masks")) {
      case "gradual" -> name + ", gradual masks";
      case "auto" -> Values.text(row, "level").equals("best") ? name : name + ", masks by trial";
      default -> name;
    };
  }

  /** Perplexity on a text, or on the held-out windows where none was given. */
  private static JsonNode perplexity(JsonNode row, String text) {
    return text.isEmpty() ? row.path("perplexity_held_out") : row.path("perplexity").path(text);
  }

  private String firstText() {
    return texts.isEmpty() ? "" : texts.get(0);
  }

  private static String on(String text) {
    return text.isEmpty() ? "held-out text" : text;
  }

  private Headline headline() {
    List<Tile> tiles = new ArrayList<>();
    String text = firstText();
    double dense = number(run.figures().path("dense").path("perplexity"), text);
    if (Double.isFinite(dense)) {
      tiles.add(new Tile("Perplexity of the dense model", Format.NUMBER.text(dense), "on " + text));
    }
    Optional<JsonNode> best =
        rows.stream()
            .filter(row -> Double.isFinite(number(perplexity(row, text), "mean")))
            .min(Comparator.comparingDouble(row -> number(perplexity(row, text), "mean")));
    best.ifPresent(
        row ->
            tiles.add(
                new Tile(
                    "Lowest perplexity of a sparse one",
                    AblationTables.statistic(perplexity(row, text)),
                    "%s, on %s".formatted(name(row), on(text)))));
    tiles.add(
        new Tile(
            "Combinations",
            Format.WHOLE.text(rows.size()),
            "each with seeds " + run.option("seeds")));
    return new Headline(
        "Ablation of " + PruneHeadline.modelName(run),
        "methods %s; patterns %s; levels %s"
            .formatted(run.option("methods"), run.option("patterns"), run.option("levels"))
            .toLowerCase(Locale.ROOT),
        tiles,
        verdict(best, text));
  }

  private static Verdict verdict(Optional<JsonNode> best, String text) {
    List<String> sentences =
        best.map(
                row ->
                    List.of(
                        "Lowest perplexity on %s: %s.".formatted(on(text), name(row)),
                        "Differences smaller than the deviation between seeds mean little; give --seeds to measure it."))
            .orElse(List.of("No perplexity was measured; give --text or --held-out."));
    return new Verdict("plain", "Best", sentences);
  }

  private Section results() {
    List<Chart> charts = new ArrayList<>();
    List<String> measured = texts.isEmpty() ? List.of("") : texts;
    for (String text : measured) {
      ObjectNode data = perplexities(text);
      if (!data.path("items").isEmpty()) {
        charts.add(
            new Chart(
                "chart-perplexity-" + charts.size(),
                "ranges",
                "Perplexity on %s of each combination, mean and deviation over seeds"
                    .formatted(on(text)),
                data));
      }
    }
    return new Section(
        "results",
        "Results",
        List.of("Mean ± deviation over seeds, where there are several."),
        charts,
        List.of(new AblationTables(rows, texts).figures()));
  }

  private ObjectNode perplexities(String text) {
    ObjectNode data = Json.object().put("title", "perplexity on " + on(text));
    ArrayNode items = data.putArray("items");
    for (JsonNode row : rows) {
      JsonNode statistic = perplexity(row, text);
      if (Double.isFinite(number(statistic, "mean"))) {
        ObjectNode item = Values.item(name(row), number(statistic, "mean"));
        Json.putFinite(item, "deviation", number(statistic, "deviation"));
        items.add(item);
      }
    }
    double dense = number(run.figures().path("dense").path("perplexity"), text);
    if (Double.isFinite(dense)) {
      data.put("reference", dense);
    }
    return data;
  }

  private Section errors() {
    ObjectNode data = Json.object();
    ArrayNode items = data.putArray("items");
    for (JsonNode row : rows) {
      ObjectNode item = items.addObject().put("name", name(row));
      Json.putFinite(item, "calibration", number(row.path("relative_error_calibration"), "mean"));
      Json.putFinite(item, "heldOut", number(row.path("relative_error_held_out"), "mean"));
    }
    return new Section(
        "errors",
        "Errors on calibration and held-out text",
        List.of(
            "Relative error of the chain, mean over blocks and seeds. The further the two marks of a row lie apart, the more"
                + " it learned of the calibration text alone."),
        List.of(
            new Chart(
                "chart-errors",
                "pairs",
                "Relative error of each combination on calibration and on held-out text, on a logarithmic scale",
                data)),
        List.of(new AblationTables(rows, texts).seeds()));
  }
}
