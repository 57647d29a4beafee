package io.coppice.job.run;

import static io.coppice.job.run.JsonNumbers.putIfNumber;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.config.AblateSettings;
import io.coppice.job.config.Level;
import io.coppice.job.config.ResolvedConfiguration;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.storage.AtomicFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What {@code ablate} measured, as JSON with every seed and as a table in the paper's form.
 *
 * @param configuration every option with its value
 * @param settings what was combined
 * @param dense the dense model's perplexities, by text
 * @param measurements one for each combination
 */
public record Ablation(
    ResolvedConfiguration configuration,
    AblateSettings settings,
    Map<String, Double> dense,
    List<Measurement> measurements) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public Ablation {
    measurements = List.copyOf(measurements);
  }

  /**
   * One combination.
   *
   * @param errorCalibration normalised error of the last block on calibration windows
   * @param errorHeldOut the same on held-out windows; NaN where there are none, as below
   * @param relativeCalibration ‖sparse − dense‖² ÷ ‖dense‖², mean over blocks
   * @param relativeHeldOut the same on held-out windows
   * @param perplexityHeldOut on held-out windows
   * @param perplexities by text
   * @param seconds that reconstruction took, without what combinations share
   */
  public record Measurement(
      PruningMethod method,
      SparsityPattern pattern,
      Level level,
      long seed,
      double errorCalibration,
      double errorHeldOut,
      double relativeCalibration,
      double relativeHeldOut,
      double perplexityHeldOut,
      Map<String, Double> perplexities,
      double seconds) {}

  /**
   * Mean and sample deviation over seeds.
   *
   * @param deviation NaN for a single seed
   */
  record Statistic(double mean, double deviation) {
    static Statistic of(List<Measurement> cell, ToDoubleFunction<Measurement> value) {
      double mean = cell.stream().mapToDouble(value).average().orElse(Double.NaN);
      double squares = cell.stream().mapToDouble(value).map(x -> (x - mean) * (x - mean)).sum();
      return new Statistic(
          mean, cell.size() < 2 ? Double.NaN : Math.sqrt(squares / (cell.size() - 1)));
    }

    String text(String format) {
      String text = String.format(Locale.ROOT, format, mean);
      return Double.isNaN(deviation)
          ? text
          : text + String.format(Locale.ROOT, " ± " + format, deviation);
    }
  }

  private List<Measurement> cell(PruningMethod method, SparsityPattern pattern, Level level) {
    return measurements.stream()
        .filter(m -> m.method() == method && m.pattern().equals(pattern) && m.level() == level)
        .toList();
  }

  /** A table for each pattern: methods down, levels across, in a cell error and perplexities. */
  public String toMarkdown() {
    StringBuilder text = new StringBuilder();
    for (SparsityPattern pattern : settings.patterns()) {
      text.append(
          String.format(
              Locale.ROOT, "## %s, %.0f %% zeros%n%n", pattern, 100 * pattern.sparsity()));
      List<String> header = new ArrayList<>(List.of(""));
      settings.reconstruction().levels().forEach(level -> header.add(name(level)));
      text.append(row(header));
      text.append(row(header.stream().map(cell -> "---").toList()));
      for (PruningMethod method : settings.methods()) {
        List<String> cells = new ArrayList<>(List.of(method.toString()));
        for (Level level : settings.reconstruction().levels()) {
          cells.add(text(cell(method, pattern, level)));
        }
        text.append(row(cells));
      }
      text.append(System.lineSeparator());
    }
    text.append(
        String.format(
            Locale.ROOT,
            "In a cell: error of the last block on calibration / held-out text; perplexity on %s."
                + " Dense: %s.%s%n",
            dense.isEmpty() ? "held-out windows" : String.join(" / ", dense.keySet()),
            dense.isEmpty()
                ? "not measured"
                : dense.values().stream()
                    .map(value -> String.format(Locale.ROOT, "%.3f", value))
                    .collect(Collectors.joining(" / ")),
            settings.seeds().size() > 1
                ? " Mean ± deviation over %d seeds.".formatted(settings.seeds().size())
                : ""));
    return text.toString();
  }

  private String text(List<Measurement> cell) {
    String errors =
        Statistic.of(cell, Measurement::errorCalibration).text("%.4f")
            + " / "
            + Statistic.of(cell, Measurement::errorHeldOut).text("%.4f");
    String perplexities =
        dense.isEmpty()
            ? Statistic.of(cell, Measurement::perplexityHeldOut).text("%.3f")
            : dense.keySet().stream()
                .map(name -> Statistic.of(cell, m -> m.perplexities().get(name)).text("%.3f"))
                .collect(Collectors.joining(" / "));
    return errors + "; " + perplexities;
  }

  private static String name(Level level) {
    return switch (level) {
      case LR -> "LR";
      case BR -> "BR";
      case GP -> "BR + GP";
      case CR -> "BR + GP + CR";
    };
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |" + System.lineSeparator();
  }

  /** Writes {@code ablation.json} and {@code ablation.md} into a folder. */
  void write(Path folder, Configuration hadoop) {
    AtomicFile.write(new Path(folder, "ablation.json"), toJson() + "\n", hadoop);
    AtomicFile.write(new Path(folder, "ablation.md"), toMarkdown(), hadoop);
  }

  private String toJson() {
    try {
      ObjectNode json = JSON.createObjectNode();
      json.set("configuration", JSON.readTree(configuration.toJson()));
      ObjectNode perplexities = json.putObject("dense").putObject("perplexity");
      dense.forEach(perplexities::put);
      ArrayNode rows = json.putArray("rows");
      for (SparsityPattern pattern : settings.patterns()) {
        for (PruningMethod method : settings.methods()) {
          for (Level level : settings.reconstruction().levels()) {
            ObjectNode row = rows.addObject();
            row.put("method", method.toString());
            row.put("pattern", pattern.toString());
            row.put("sparsity", pattern.sparsity());
            row.put("level", level.toString());
            fill(row, cell(method, pattern, level));
          }
        }
      }
      return json.toPrettyString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The configuration is no JSON", e);
    }
  }

  private void fill(ObjectNode row, List<Measurement> cell) {
    put(row.putObject("error_calibration"), cell, Measurement::errorCalibration);
    put(row.putObject("error_held_out"), cell, Measurement::errorHeldOut);
    put(row.putObject("relative_error_calibration"), cell, Measurement::relativeCalibration);
    put(row.putObject("relative_error_held_out"), cell, Measurement::relativeHeldOut);
    put(row.putObject("perplexity_held_out"), cell, Measurement::perplexityHeldOut);
    ObjectNode perplexity = row.putObject("perplexity");
    for (String name : dense.keySet()) {
      put(perplexity.putObject(name), cell, m -> m.perplexities().get(name));
    }
    put(row.putObject("seconds"), cell, Measurement::seconds);
  }

  private static void put(
      ObjectNode node, List<Measurement> cell, ToDoubleFunction<Measurement> value) {
    Statistic statistic = Statistic.of(cell, value);
    putIfNumber(node, "mean", statistic.mean());
    putIfNumber(node, "deviation", statistic.deviation());
    ObjectNode seeds = node.putObject("seeds");
    cell.forEach(m -> putIfNumber(seeds, String.valueOf(m.seed()), value.applyAsDouble(m)));
  }
}
