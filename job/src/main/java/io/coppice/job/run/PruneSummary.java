package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.block.FinishedBlock;
import io.coppice.job.block.LearningRateTrials;
import io.coppice.job.block.LevelChoice.Candidate;
import io.coppice.job.block.MaskTrials;
import io.coppice.job.block.MeasuredBlock;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.block.Trials;
import io.coppice.job.chain.ModelErrors;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.record.RunRecord;
import io.coppice.reconstruct.LayerOutcome;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The record of a run, written beside the checkpoint.
 *
 * @param basis everything that the result depends on, except the CPU
 * @param execution figures and means of the run itself
 * @param sparse the reconstructed blocks
 * @param candidates models that {@code --reconstruct auto} chose from; empty if the level was given
 * @param perplexity of the dense and the sparse model on the held-out windows
 */
public record PruneSummary(
    Basis basis,
    Execution execution,
    ReconstructedModel sparse,
    List<Candidate> candidates,
    Perplexity perplexity) {
  private static final String CONFIGURATION = "configuration";
  private static final String INPUTS = "inputs";

  public PruneSummary {
    candidates = List.copyOf(candidates);
  }

  /**
   * Everything that the result depends on, except the CPU.
   *
   * @param configuration every option with its value
   * @param inputs stamps of everything else
   * @param model the dense model
   */
  public record Basis(
      ResolvedConfiguration configuration, ResolvedConfiguration inputs, ModelFacts model) {}

  /**
   * Figures and means of the run itself.
   *
   * @param windows fingerprint of the calibration and held-out windows
   * @param selfGenerated text that the dense model wrote for them
   * @param found by trials before the first round
   * @param activationStore where activations were kept
   * @param engine the BLAS that was used
   * @param seconds from the start of the run to the assembly
   */
  public record Execution(
      String windows,
      SelfGeneration.Summary selfGenerated,
      Trials.Found found,
      String activationStore,
      String engine,
      double seconds) {}

  /** On the held-out windows; NaN where nothing is held out. */
  public record Perplexity(double dense, double sparse) {}

  /** Whether errors and perplexities were measured on held-out windows. */
  public boolean holdsOut() {
    return !Double.isNaN(perplexity.dense());
  }

  /** Whether reconstruction overfitted the calibration text. */
  public Generalisation generalisation() {
    return Generalisation.of(sparse);
  }

  /** Writes {@code metrics.jsonl} and {@code run.json} into a folder. */
  void write(Path folder, Configuration hadoop) {
    AtomicFile.write(new Path(folder, RunRecord.METRICS), lines(sparse), hadoop);
    JsonFile.write(new Path(folder, RunRecord.RUN), toJson(), hadoop);
  }

  /** A line of JSON for each block and wave, as {@code metrics.jsonl} has them. */
  static String lines(ReconstructedModel model) {
    StringBuilder lines = new StringBuilder();
    model.blocks().forEach(block -> lines.append(line(block)).append('\n'));
    return lines.toString();
  }

  /** Options and inputs in a folder's record; empty if it cannot be read. */
  static Optional<ResolvedConfiguration> dependencies(Path folder, Configuration hadoop) {
    return JsonFile.readTree(new Path(folder, RunRecord.RUN), hadoop)
        .map(
            run ->
                ResolvedConfiguration.of(run.path(CONFIGURATION))
                    .with(ResolvedConfiguration.of(run.path(INPUTS))));
  }

  private ObjectNode toJson() {
    ObjectNode run = Json.object();
    run.set(CONFIGURATION, basis.configuration().toTree());
    run.set(INPUTS, basis.inputs().toTree());
    run.set("model", basis.model().toJson(sparse));
    run.put("windows_sha256", execution.windows());
    SelfGeneration.Summary selfGenerated = execution.selfGenerated();
    if (selfGenerated.windows() > 0) {
      run.putObject("self_generated")
          .put("windows", selfGenerated.windows())
          .put("documents", selfGenerated.documents())
          .put("rejected_share", selfGenerated.rejectedShare())
          .put("dropped_windows", selfGenerated.dropped());
    }
    execution.found().learningRates().ifPresent(it -> put(it, run.putObject("learning_rate")));
    execution.found().masks().ifPresent(it -> put(it, run.putObject("masks")));
    run.put("activations", execution.activationStore());
    run.put("engine", execution.engine());
    ModelErrors errors = sparse.errors();
    Json.putFinite(run, "error_calibration", errors.calibration());
    Json.putFinite(run, "error_held_out", errors.heldOut());
    Json.putFinite(run, "mean_relative_error_calibration", errors.meanRelativeCalibration());
    Json.putFinite(run, "mean_relative_error_held_out", errors.meanRelativeHeldOut());
    Json.putFinite(run, "perplexity_held_out_dense", perplexity.dense());
    Json.putFinite(run, "perplexity_held_out_sparse", perplexity.sparse());
    Generalisation verdict = generalisation();
    ObjectNode generalisation = run.putObject("generalisation");
    Json.putFinite(generalisation, "ratio", verdict.ratio());
    if (holdsOut()) {
      generalisation.put("overfitted", verdict.overfitted());
    } else {
      generalisation.putNull("overfitted");
    }
    generalisation.put("message", verdict.sentence());
    ArrayNode levels = run.putArray("levels");
    candidates.forEach(
        candidate -> {
          ObjectNode node = levels.addObject();
          node.put("level", candidate.name());
          Json.putFinite(node, "error_calibration", candidate.lastErrors().calibration());
          Json.putFinite(node, "error_held_out", candidate.lastErrors().heldOut());
          Json.putFinite(node, "perplexity_held_out", candidate.perplexity());
        });
    run.put("seconds", execution.seconds());
    return run;
  }

  private static void put(LearningRateTrials found, ObjectNode node) {
    node.put("chosen", found.chosen());
    ArrayNode trials = node.putArray("trials");
    for (LearningRateTrials.Trial trial : found.trials()) {
      Json.putFinite(trials.addObject().put("rate", trial.rate()), "loss_left", trial.lossLeft());
    }
  }

  private static void put(MaskTrials found, ObjectNode node) {
    node.put("chosen", found.chosen().toString());
    ArrayNode trials = node.putArray("trials");
    for (MaskTrials.Trial trial : found.trials()) {
      Json.putFinite(
          trials.addObject().put("masks", trial.masks().toString()), "loss", trial.loss());
    }
  }

  private static String line(MeasuredBlock measured) {
    FinishedBlock block = measured.finished();
    ObjectNode line = Json.object();
    line.put("block", block.block());
    line.put("wave", block.wave());
    line.put("level", block.level().toString());
    Json.putFinite(line, "error_calibration", measured.errors().calibration());
    Json.putFinite(line, "error_held_out", measured.errors().heldOut());
    Json.putFinite(line, "relative_error_calibration", measured.errors().relativeCalibration());
    Json.putFinite(line, "relative_error_held_out", measured.errors().relativeHeldOut());
    line.put("sparsity", block.sparsity());
    line.put("seconds", block.seconds());
    line.put("seconds_waiting", block.secondsWaiting());
    ArrayNode epochs = line.putArray("epochs");
    block
        .epochs()
        .forEach(
            epoch -> {
              ObjectNode node = epochs.addObject();
              node.put("epoch", epoch.epoch());
              Json.putFinite(node, "block_error_calibration", epoch.calibration());
              Json.putFinite(node, "block_error_held_out", epoch.heldOut());
              if (epoch.losses().known()) {
                Json.putFinite(node, "loss_calibration", epoch.losses().calibration());
                Json.putFinite(node, "loss_held_out", epoch.losses().heldOut());
              }
              if (epoch.losses().areDivergences()) {
                Json.putFinite(node, "kl_calibration", epoch.losses().klCalibration());
                Json.putFinite(node, "kl_held_out", epoch.losses().klHeldOut());
              }
              if (!epoch.masksFinal()) {
                node.put("masks_final", false);
              }
            });
    ArrayNode layers = line.putArray("layers");
    block.layers().forEach(layer -> put(layer, layers.addObject()));
    return line.toString();
  }

  private static void put(LayerOutcome layer, ObjectNode node) {
    node.put("name", layer.name())
        .put("pattern", layer.pattern())
        .put("sparsity", layer.sparsity())
        .put("dead_columns", layer.deadColumns())
        .put("damping", layer.damping());
    if (layer.hasRefit()) {
      node.put("output_error_pruned", layer.errorPruned())
          .put("output_error_refitted", layer.errorRefitted());
    }
  }
}
