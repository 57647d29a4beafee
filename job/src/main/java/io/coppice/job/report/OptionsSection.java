package io.coppice.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.DataTable.Column;
import java.util.ArrayList;
import java.util.List;

/** Every option of a run, and what it was computed with. */
final class OptionsSection {
  private OptionsSection() {}

  static Section of(RunRecord run) {
    List<DataTable> tables = new ArrayList<>();
    tables.add(
        table("options", "Every option with its value", run.figures().path("configuration")));
    tables.addAll(trials(run.figures()).ifAny());
    tables.addAll(table("inputs", "What was read", run.figures().path("inputs")).ifAny());
    List<String> text = new ArrayList<>();
    text.add("Result: " + run.place());
    String engine = Values.text(run.figures(), "engine");
    if (!engine.isEmpty()) {
      text.add("Computed with " + engine);
    }
    return new Section("options", "Options and inputs", text, List.of(), tables);
  }

  /** The trials on a few blocks: values that were tried, and the loss that they left. */
  private static DataTable trials(JsonNode figures) {
    List<List<Object>> rows = new ArrayList<>();
    for (String setting : List.of("learning_rate", "masks")) {
      JsonNode found = figures.path(setting);
      String chosen = found.path("chosen").asText();
      String word = setting.equals("masks") ? "masks" : "rate";
      for (JsonNode trial : found.path("trials")) {
        String value = trial.path(word).asText();
        rows.add(
            List.of(
                setting.replace('_', ' '),
                value,
                Values.number(trial, trial.has("loss") ? "loss" : "loss_left"),
                value.equals(chosen) ? "chosen" : ""));
      }
    }
    return new DataTable(
        "trials",
        "What trials on a few blocks found: of masks the loss that they left, of rates its share",
        List.of(
            new Column("setting", "Setting", Format.TEXT),
            new Column("value", "Value", Format.TEXT),
            new Column("left", "Left", Format.NUMBER),
            new Column("chosen", "Choice", Format.TEXT)),
        rows);
  }

  private static DataTable table(String name, String caption, JsonNode values) {
    List<List<Object>> rows = new ArrayList<>();
    values
        .fields()
        .forEachRemaining(
            entry -> {
              JsonNode value = entry.getValue();
              rows.add(
                  List.of(entry.getKey(), value.isValueNode() ? value.asText() : value.toString()));
            });
    return new DataTable(
        name,
        caption,
        List.of(new Column("key", "Key", Format.TEXT), new Column("value", "Value", Format.TEXT)),
        rows);
  }
}
