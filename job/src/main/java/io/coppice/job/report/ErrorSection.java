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
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Errors of the chain after each block, on calibration and on held-out text. */
final class ErrorSection {
  /** The ratio above which a run counts as overfitted, as {@code generalisation} has it. */
  private static final double LIMIT = 1.2;

  private static final String MIXED = "kept: mixed of all levels";

  private final RunRecord run;

  ErrorSection(RunRecord run) {
    this.run = run;
  }

  Section section() {
    return new Section(
        "errors",
        "Error after each block",
        List.of(
            "The squared difference between what the dense and the sparse model compute after a block, divided by the"
                + " square of the dense model's. What lies between the two lines is what reconstruction learned of"
                + " the calibration text alone."),
        List.of(
            new Chart(
                "chart-errors",
                "errors",
                "Relative error after each block on a logarithmic scale, one line for calibration and one for held-out"
                    + " text in each wave",
                errors()),
            new Chart(
                "chart-gap",
                "gap",
                "Held-out error divided by calibration error after each block, in the last wave",
                gap())),
        List.of(table()));
  }

  /** Blocks by the model that they are of: each level that was compared, and the one kept. */
  private Map<String, List<JsonNode>> groups() {
    Map<String, List<JsonNode>> groups = new LinkedHashMap<>();
    run.details()
        .levels()
        .forEach(
            line ->
                groups
                    .computeIfAbsent(Values.text(line, "level"), level -> new ArrayList<>())
                    .add(line));
    List<String> kept =
        run.blocks().stream().map(line -> Values.text(line, "level")).distinct().toList();
    if (groups.isEmpty()) {
      groups.put(String.join(", ", kept), run.blocks());
    } else if (kept.size() > 1) {
      groups.put(MIXED, run.blocks());
    }
    return groups;
  }

  private ObjectNode errors() {
    ObjectNode data = Json.object();
    ArrayNode groups = data.putArray("groups");
    groups()
        .forEach(
            (name, lines) -> {
              ObjectNode group =
                  groups.addObject().put("name", name).put("kept", name.equals(MIXED));
              ArrayNode waves = group.putArray("waves");
              byWave(lines).forEach((wave, blocks) -> put(wave, blocks, waves.addObject()));
            });
    return data;
  }

  private static Map<Integer, List<JsonNode>> byWave(List<JsonNode> lines) {
    return lines.stream()
        .collect(
            Collectors.groupingBy(
                line -> line.path("wave").asInt(), TreeMap::new, Collectors.toList()));
  }

  private static void put(int wave, List<JsonNode> blocks, ObjectNode node) {
    node.put("wave", wave);
    ArrayNode calibration = node.putArray("calibration");
    ArrayNode heldOut = node.putArray("heldOut");
    for (JsonNode line : blocks) {
      double block = number(line, "block");
      calibration.add(Values.point(block, number(line, "relative_error_calibration")));
      heldOut.add(Values.point(block, number(line, "relative_error_held_out")));
    }
  }

  private ObjectNode gap() {
    ObjectNode data = Json.object().put("limit", LIMIT);
    ArrayNode groups = data.putArray("groups");
    groups()
        .forEach(
            (name, lines) -> {
              ArrayNode values = groups.addObject().put("name", name).putArray("values");
              RunRecord.lastWaves(lines)
                  .forEach(line -> values.add(Values.point(number(line, "block"), ratio(line))));
            });
    return data;
  }

  private static double ratio(JsonNode line) {
    return number(line, "relative_error_held_out") / number(line, "relative_error_calibration");
  }

  private DataTable table() {
    List<Column> columns =
        List.of(
            new Column("block", "Block", Format.WHOLE),
            new Column("model", "Level", Format.TEXT),
            new Column("wave", "Wave", Format.WHOLE),
            new Column("relative_error_calibration", "Relative, calibration", Format.NUMBER),
            new Column("relative_error_held_out", "Relative, held out", Format.NUMBER),
            new Column("ratio", "Held out ÷ calibration", Format.NUMBER),
            new Column("error_calibration", "Per element, calibration", Format.NUMBER),
            new Column("error_held_out", "Per element, held out", Format.NUMBER));
    List<List<Object>> rows = new ArrayList<>();
    groups().forEach((name, lines) -> lines.forEach(line -> rows.add(row(name, line))));
    return new DataTable("errors", "Errors after each block", columns, rows).withoutEmptyColumns();
  }

  private static List<Object> row(String name, JsonNode line) {
    return List.of(
        line.path("block").asInt(),
        name,
        line.path("wave").asInt(),
        number(line, "relative_error_calibration"),
        number(line, "relative_error_held_out"),
        ratio(line),
        number(line, "error_calibration"),
        number(line, "error_held_out"));
  }
}
