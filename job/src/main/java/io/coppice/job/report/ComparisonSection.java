package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.DataTable.Column;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Several runs of {@code prune} side by side. */
final class ComparisonSection {
  private final Map<String, RunRecord> runs = new LinkedHashMap<>();

  ComparisonSection(RunRecord run, List<RunRecord> others) {
    List<RunRecord> all = Stream.concat(Stream.of(run), others.stream()).toList();
    for (RunRecord one : all) {
      boolean alone = all.stream().filter(other -> other.name().equals(one.name())).count() == 1;
      runs.put(alone ? one.name() : one.place(), one);
    }
  }

  Section section() {
    return new Section(
        "comparison",
        "Beside other runs",
        text(),
        List.of(
            new Chart(
                "chart-compared-perplexity",
                "bars",
                "Perplexity on held-out text of each run",
                perplexities()),
            new Chart(
                "chart-compared-errors",
                "compared",
                "Relative error on held-out text after each block, one line for each run",
                errors()),
            new Chart("chart-compared-seconds", "seconds", "Time that each run took", seconds())),
        List.of(table(), blocks()));
  }

  private List<String> text() {
    List<String> text = new ArrayList<>(List.of("The first run is the one that this page is of."));
    long windows =
        runs.values().stream()
            .map(run -> Values.text(run.figures(), "windows_sha256"))
            .distinct()
            .count();
    if (windows > 1) {
      text.add(
          "These runs were measured on different windows of text, so small differences between them mean little.");
    }
    return text;
  }

  private ObjectNode perplexities() {
    ObjectNode data = Json.object();
    ArrayNode items = data.putArray("items");
    runs.forEach(
        (name, run) ->
            items.add(Values.item(name, number(run.figures(), "perplexity_held_out_sparse"))));
    runs.values().stream()
        .findFirst()
        .map(run -> number(run.figures(), "perplexity_held_out_dense"))
        .filter(Double::isFinite)
        .ifPresent(dense -> data.put("reference", dense));
    return data;
  }

  private ObjectNode seconds() {
    ObjectNode data = Json.object();
    ArrayNode items = data.putArray("items");
    runs.forEach((name, run) -> items.add(Values.item(name, number(run.figures(), "seconds"))));
    return data;
  }

  private ObjectNode errors() {
    ObjectNode data = Json.object();
    ArrayNode groups = data.putArray("groups");
    runs.forEach(
        (name, run) -> {
          ArrayNode values = groups.addObject().put("name", name).putArray("values");
          run.lastWaves()
              .forEach(
                  line ->
                      values.add(
                          Values.point(
                              number(line, "block"), number(line, "relative_error_held_out"))));
        });
    return data;
  }

  private DataTable table() {
    List<List<Object>> rows = new ArrayList<>();
    runs.forEach(
        (name, run) -> {
          JsonNode figures = run.figures();
          rows.add(
              List.of(
                  name,
                  run.option("method"),
                  run.option("pattern"),
                  run.option("reconstruct"),
                  run.sparsity(),
                  number(figures, "perplexity_held_out_dense"),
                  number(figures, "perplexity_held_out_sparse"),
                  number(figures, "mean_relative_error_calibration"),
                  number(figures, "mean_relative_error_held_out"),
                  number(figures, "seconds"),
                  run.place()));
        });
    return new DataTable(
        "runs",
        "The runs",
        List.of(
            new Column("run", "Run", Format.TEXT),
            new Column("method", "Method", Format.TEXT),
            new Column("pattern", "Pattern", Format.TEXT),
            new Column("level", "Level", Format.TEXT),
            new Column("sparsity", "Zeros", Format.PERCENT),
            new Column("perplexity_dense", "Perplexity, dense", Format.NUMBER),
            new Column("perplexity_sparse", "Perplexity, sparse", Format.NUMBER),
            new Column("relative_error_calibration", "Error, calibration", Format.NUMBER),
            new Column("relative_error_held_out", "Error, held out", Format.NUMBER),
            new Column("seconds", "Time", Format.SECONDS),
            new Column("folder", "Folder", Format.TEXT)),
        rows);
  }

  private DataTable blocks() {
    List<List<Object>> rows = new ArrayList<>();
    runs.forEach(
        (name, run) ->
            run.lastWaves()
                .forEach(
                    line ->
                        rows.add(
                            List.of(
                                line.path("block").asInt(),
                                name,
                                number(line, "relative_error_calibration"),
                                number(line, "relative_error_held_out"),
                                number(line, "sparsity")))));
    return new DataTable(
        "compared-errors",
        "Errors of each run after each block",
        List.of(
            new Column("block", "Block", Format.WHOLE),
            new Column("run", "Run", Format.TEXT),
            new Column("relative_error_calibration", "Error, calibration", Format.NUMBER),
            new Column("relative_error_held_out", "Error, held out", Format.NUMBER),
            new Column("sparsity", "Zeros", Format.PERCENT)),
        rows);
  }
}
