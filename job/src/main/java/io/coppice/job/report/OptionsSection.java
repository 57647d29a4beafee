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
    tables.addAll(table("inputs", "What was read", run.figures().path("inputs")).ifAny());
    List<String> text = new ArrayList<>();
    text.add("Result: " + run.place());
    String engine = Values.text(run.figures(), "engine");
    if (!engine.isEmpty()) {
      text.add("Computed with " + engine);
    }
    return new Section("options", "Options and inputs", text, List.of(), tables);
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
