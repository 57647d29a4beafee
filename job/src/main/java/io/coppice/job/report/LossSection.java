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
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The error or loss that each block was trained to lower, by epoch; nothing without training. */
final class LossSection {
  private final RunRecord run;
  private final List<JsonNode> trained;

  LossSection(RunRecord run) {
    this.run = run;
    trained = run.blocks().stream().filter(line -> !line.path("epochs").isEmpty()).toList();
  }

  List<Section> sections() {
    return trained.isEmpty()
        ? List.of()
        : List.of(
            new Section(
                "training",
                "Training, block by block",
                List.of(
                    "What each block was trained to lower, on the inputs that it was trained on, before the first epoch (0) and after"
                        + " each one: its own error, or the loss that the table has beside it. Waves follow one another; in each, a ring marks the epoch whose weights were kept. A"
                        + " held-out line that turns upwards while the other falls is overfitting; where both rise, masks shrink, and until they are final no epoch can be kept."),
                List.of(
                    new Chart(
                        "chart-losses",
                        "losses",
                        "Error, or loss, of each block by epoch on a logarithmic scale, a small chart for each block, one line for"
                            + " calibration and one for held-out text",
                        losses())),
                List.of(table())));
  }

  private ObjectNode losses() {
    ObjectNode data = Json.object();
    ArrayNode blocks = data.putArray("blocks");
    Map<Integer, List<JsonNode>> byBlock =
        trained.stream()
            .collect(
                Collectors.groupingBy(
                    line -> line.path("block").asInt(), TreeMap::new, Collectors.toList()));
    byBlock.forEach(
        (block, lines) -> {
          ArrayNode waves = blocks.addObject().put("block", block).putArray("waves");
          int before = 0;
          for (JsonNode line : lines) {
            put(line, before, waves.addObject());
            before += Math.max(0, line.path("epochs").size() - 1);
          }
        });
    return data;
  }

  private void put(JsonNode line, int before, ObjectNode wave) {
    wave.put("wave", line.path("wave").asInt());
    ArrayNode points = wave.putArray("points");
    for (JsonNode epoch : line.path("epochs")) {
      points.add(
          Values.point(
              before + number(epoch, "epoch"),
              trained(epoch, "calibration"),
              trained(epoch, "held_out")));
    }
    wave.put("kept", kept(line));
  }

  /** The figure that training lowers, on a text: the loss where there is one, else the error. */
  private static double trained(JsonNode epoch, String text) {
    return number(epoch, epoch.has("loss_" + text) ? "loss_" + text : "block_error_" + text);
  }

  /** The place of the epoch whose weights were kept. */
  private int kept(JsonNode line) {
    JsonNode epochs = line.path("epochs");
    int last = epochs.size() - 1;
    if (!run.option("select").equals("held-out")) {
      return last;
    }
    int best = last;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= last; i++) {
      JsonNode epoch = epochs.get(i);
      double loss = trained(epoch, "held_out");
      if (epoch.path("masks_final").asBoolean(true) && loss < lowest) {
        lowest = loss;
        best = i;
      }
    }
    return best;
  }

  private DataTable table() {
    List<Column> columns =
        List.of(
            new Column("block", "Block", Format.WHOLE),
            new Column("wave", "Wave", Format.WHOLE),
            new Column("level", "Level", Format.TEXT),
            new Column("epoch", "Epoch", Format.WHOLE),
            new Column("block_error_calibration", "Error, calibration", Format.NUMBER),
            new Column("block_error_held_out", "Error, held out", Format.NUMBER),
            new Column("loss_calibration", "Loss, calibration", Format.NUMBER),
            new Column("loss_held_out", "Loss, held out", Format.NUMBER),
            new Column("kl_calibration", "KL, calibration", Format.NUMBER),
            new Column("kl_held_out", "KL, held out", Format.NUMBER),
            new Column("kept", "Weights", Format.TEXT));
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode line : trained) {
      int kept = kept(line);
      for (int i = 0; i < line.path("epochs").size(); i++) {
        rows.add(row(line, line.path("epochs").get(i), i == kept));
      }
    }
    return new DataTable("epochs", "Errors by epoch", columns, rows).withoutEmptyColumns();
  }

  private static List<Object> row(JsonNode line, JsonNode epoch, boolean kept) {
    return List.of(
        line.path("block").asInt(),
        line.path("wave").asInt(),
        Values.text(line, "level"),
        epoch.path("epoch").asInt(),
        number(epoch, "block_error_calibration"),
        number(epoch, "block_error_held_out"),
        number(epoch, "loss_calibration"),
        number(epoch, "loss_held_out"),
        number(epoch, "kl_calibration"),
        number(epoch, "kl_held_out"),
        kept ? "kept" : "");
  }
}
