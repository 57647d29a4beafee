package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.DataTable.Column;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Zeros of each pruned layer. */
final class SparsitySection {
  private final List<JsonNode> pruned;
  private final List<String> names;

  SparsitySection(RunRecord run) {
    pruned = run.blocks().stream().filter(line -> !line.path("layers").isEmpty()).toList();
    names =
        pruned.stream()
            .flatMap(SparsitySection::layers)
            .map(layer -> Values.text(layer, "name"))
            .distinct()
            .toList();
  }

  private static Stream<JsonNode> layers(JsonNode line) {
    return StreamSupport.stream(line.path("layers").spliterator(), false);
  }

  List<Section> sections() {
    return pruned.isEmpty()
        ? List.of()
        : List.of(
            new Section(
                "sparsity",
                "Sparsity by layer",
                List.of(
                    "Zeros in each linear layer of each block, in per cent; the stronger the colour, the more of them."),
                List.of(
                    new Chart(
                        "chart-sparsity",
                        "sparsity",
                        "Share of zeros, blocks down and layers across",
                        data())),
                List.of(table())));
  }

  /** {@code self_attn.q_proj.weight} as {@code q_proj}. */
  private static String projection(String name) {
    String layer = name.endsWith(".weight") ? name.substring(0, name.length() - 7) : name;
    return layer.substring(layer.lastIndexOf('.') + 1);
  }

  private ObjectNode data() {
    ObjectNode data = Json.object();
    ArrayNode columns = data.putArray("layers");
    names.forEach(name -> columns.add(projection(name)));
    ArrayNode blocks = data.putArray("blocks");
    ArrayNode values = data.putArray("values");
    for (int i = 0; i < pruned.size(); i++) {
      blocks.add(pruned.get(i).path("block").asInt());
      for (JsonNode layer : pruned.get(i).path("layers")) {
        values.add(
            Values.point(names.indexOf(Values.text(layer, "name")), i, number(layer, "sparsity")));
      }
    }
    return data;
  }

  private DataTable table() {
    List<Column> columns =
        List.of(
            new Column("block", "Block", Format.WHOLE),
            new Column("layer", "Layer", Format.TEXT),
            new Column("pattern", "Pattern", Format.TEXT),
            new Column("sparsity", "Zeros", Format.PERCENT),
            new Column("dead_columns", "Inputs always zero", Format.WHOLE),
            new Column("damping", "Damping", Format.NUMBER),
            new Column("output_error_pruned", "Output error, pruned", Format.NUMBER),
            new Column("output_error_refitted", "Output error, refitted", Format.NUMBER));
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode line : pruned) {
      layers(line)
          .forEach(
              layer ->
                  rows.add(
                      List.of(
                          line.path("block").asInt(),
                          Values.text(layer, "name"),
                          Values.text(layer, "pattern"),
                          number(layer, "sparsity"),
                          number(layer, "dead_columns"),
                          number(layer, "damping"),
                          number(layer, "output_error_pruned"),
                          number(layer, "output_error_refitted"))));
    }
    return new DataTable("layers", "Zeros in each layer", columns, rows).withoutEmptyColumns();
  }
}
