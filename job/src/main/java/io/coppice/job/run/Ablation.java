package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The measurements of {@code ablate}, as JSON with every seed and as a table in the paper's form.
 *
 * @param configuration every option with its value
 * @param settings the methods, patterns, levels and seeds that were combined
 * @param dense the dense model's perplexities, by text
 * @param measurements one for each combination
 */
public record Ablation(
    ResolvedConfiguration configuration,
    AblateSettings settings,
    Map<String, Double> dense,
    List<Measurement> measurements) {
  private static final String FIGURES = "ablation.json";
  private static final String TABLES = "ablation.md";

  /** An earlier ablation. */
  static final Replaceable REPLACEABLE = new Replaceable("ablation", List.of(FIGURES, TABLES));

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

  /** The measurements of a combination, one for each seed. */
  List<Measurement> cell(PruningMethod method, SparsityPattern pattern, Level level) {
    return measurements.stream()
        .filter(m -> m.method() == method && m.pattern().equals(pattern) && m.level() == level)
        .toList();
  }

  /** Whether errors and perplexity were measured on held-out windows. */
  boolean holdsOut() {
    return settings.calibration().heldOutSamples() > 0;
  }

  /** Tables in the paper's form, and an explanation of their cells. */
  public String toMarkdown() {
    return new AblationTable(this).text();
  }

  /** Writes {@code ablation.json} and {@code ablation.md} into a folder. */
  void write(Path folder, Configuration hadoop) {
    JsonFile.write(new Path(folder, FIGURES), toJson(), hadoop);
    AtomicFile.write(new Path(folder, TABLES), toMarkdown(), hadoop);
  }

  private ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.set("configuration", configuration.toTree());
    ObjectNode perplexities = json.putObject("dense").putObject("perplexity");
    dense.forEach((name, value) -> Json.putFinite(perplexities, name, value));
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
    return json;
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
    Json.putFinite(node, "mean", statistic.mean());
    Json.putFinite(node, "deviation", statistic.deviation());
    ObjectNode seeds = node.putObject("seeds");
    cell.forEach(m -> Json.putFinite(seeds, String.valueOf(m.seed()), value.applyAsDouble(m)));
  }
}
