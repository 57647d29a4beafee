package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.chain.ModelErrors;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.evaluation.Evaluation;
import io.coppice.job.record.RunRecord;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The measurements of {@code ablate}, as JSON with every seed and as a table in the paper's form.
 *
 * @param configuration every option with its value
 * @param settings the methods, patterns, masks, levels and seeds that were combined
 * @param dense what was measured of the dense model
 * @param measurements one for each combination
 */
public record Ablation(
    ResolvedConfiguration configuration,
    AblateSettings settings,
    Evaluation dense,
    List<Measurement> measurements) {
  private static final String TABLES = "ablation.md";

  /** An earlier ablation. */
  static final Replaceable REPLACEABLE =
      new Replaceable("ablation", List.of(RunRecord.ABLATION, TABLES));

  public Ablation {
    measurements = List.copyOf(measurements);
  }

  /** A combination. */
  public record Combination(
      PruningMethod method, SparsityPattern pattern, Masks.Kind masks, Level level, long seed) {}

  /**
   * The figures of one combination.
   *
   * @param masks that the model has: those asked for, or what a trial has found
   * @param learningRate at the start of each wave; NaN where none was needed
   * @param perplexityHeldOut on held-out windows; NaN where there are none
   * @param evaluation on texts and tasks
   * @param seconds that reconstruction took, without the parts that combinations share
   */
  public record Measurement(
      Combination combination,
      Masks.Kind masks,
      double learningRate,
      ModelErrors errors,
      double perplexityHeldOut,
      Evaluation evaluation,
      double seconds) {
    /** The perplexity on a text. */
    double perplexity(String text) {
      return evaluation.texts().get(text).losses().perplexity();
    }

    /** A measure of a task. */
    double score(String task, String measure) {
      return evaluation.tasks().get(task).measures().get(measure).mean();
    }

    long seed() {
      return combination.seed();
    }
  }

  /** The masks that weights have at a level where those of a kind were asked for. */
  Masks.Kind masks(PruningMethod method, SparsityPattern pattern, Masks.Kind kind, Level level) {
    return settings.prunings().stream()
        .filter(
            pruning ->
                pruning.method() == method
                    && pruning.pattern().equals(pattern)
                    && pruning.masks().kind() == kind)
        .findFirst()
        .orElseThrow()
        .masks()
        .kind(level);
  }

  /** The measurements of a combination, one for each seed. */
  List<Measurement> cell(
      PruningMethod method, SparsityPattern pattern, Masks.Kind masks, Level level) {
    return measurements.stream()
        .filter(
            m -> m.combination().equals(new Combination(method, pattern, masks, level, m.seed())))
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
    JsonFile.write(new Path(folder, RunRecord.ABLATION), toJson(), hadoop);
    AtomicFile.write(new Path(folder, TABLES), toMarkdown(), hadoop);
  }

  private ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.set("configuration", configuration.toTree());
    ObjectNode denseNode = json.putObject("dense");
    ObjectNode perplexities = denseNode.putObject("perplexity");
    dense.perplexities().forEach((name, value) -> Json.putFinite(perplexities, name, value));
    ObjectNode tasks = denseNode.putObject("tasks");
    dense
        .tasks()
        .forEach(
            (name, result) -> {
              ObjectNode task = tasks.putObject(name);
              result
                  .measures()
                  .forEach((measure, value) -> Json.putFinite(task, measure, value.mean()));
            });
    ArrayNode rows = json.putArray("rows");
    for (SparsityPattern pattern : settings.patterns()) {
      for (PruningMethod method : settings.methods()) {
        for (Masks.Kind kind : settings.grid().masks()) {
          for (Level level : settings.grid().levels(kind)) {
            ObjectNode row = rows.addObject();
            row.put("method", method.toString());
            row.put("pattern", pattern.toString());
            row.put("sparsity", pattern.sparsity());
            Masks.Kind masks = masks(method, pattern, kind, level);
            row.put("masks", masks.toString());
            row.put("level", level.toString());
            List<Measurement> cell = cell(method, pattern, masks, level);
            if (masks == Masks.Kind.AUTO) {
              ObjectNode chosen = row.putObject("masks_chosen");
              cell.forEach(m -> chosen.put(String.valueOf(m.seed()), m.masks().toString()));
            }
            fill(row, cell);
          }
        }
      }
    }
    return json;
  }

  private void fill(ObjectNode row, List<Measurement> cell) {
    put(row.putObject("error_calibration"), cell, m -> m.errors().calibration());
    put(row.putObject("error_held_out"), cell, m -> m.errors().heldOut());
    put(
        row.putObject("relative_error_calibration"),
        cell,
        m -> m.errors().meanRelativeCalibration());
    put(row.putObject("relative_error_held_out"), cell, m -> m.errors().meanRelativeHeldOut());
    put(row.putObject("perplexity_held_out"), cell, Measurement::perplexityHeldOut);
    ObjectNode perplexity = row.putObject("perplexity");
    for (String name : dense.texts().keySet()) {
      put(perplexity.putObject(name), cell, m -> m.perplexity(name));
    }
    ObjectNode tasks = row.putObject("tasks");
    dense
        .tasks()
        .forEach(
            (name, result) -> {
              ObjectNode task = tasks.putObject(name);
              for (String measure : result.measures().keySet()) {
                put(task.putObject(measure), cell, m -> m.score(name, measure));
              }
            });
    put(row.putObject("learning_rate"), cell, Measurement::learningRate);
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
