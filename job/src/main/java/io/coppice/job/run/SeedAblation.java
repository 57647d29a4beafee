package io.coppice.job.run;

import io.coppice.job.block.Beginnings;
import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.PrunedBlocks;
import io.coppice.job.block.PruningPlan;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.block.Reconstruction;
import io.coppice.job.block.TrialRun;
import io.coppice.job.block.Trials;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.PruningSettings;
import io.coppice.job.evaluation.EvaluationData;
import io.coppice.job.progress.Stages;
import io.coppice.job.run.Ablation.Measurement;
import io.coppice.model.LanguageModel;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.storage.Storage;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * All combinations of methods, patterns, masks and levels on one seed's windows. Lives on the
 * driver.
 *
 * <p>Where blocks do not wait for each other, all levels share the pruned blocks, and all methods
 * and patterns the pass that gathers their statistics; {@code sequential} prunes each on the inputs
 * that its own sparse blocks give, and gradual masks are chosen in each training.
 */
final class SeedAblation {
  private final RunEnvironment environment;
  private final Stages stages;
  private final AblateSettings.Grid grid;
  private final CalibratedModel calibrated;
  private final EvaluationData evaluation;
  private final long seed;

  /**
   * @param calibrated the dense model on the seed's windows
   * @param evaluation measures every sparse model
   */
  SeedAblation(
      RunEnvironment environment,
      AblateSettings.Grid grid,
      CalibratedModel calibrated,
      EvaluationData evaluation,
      long seed) {
    this.environment = environment;
    this.grid = grid;
    this.calibrated = calibrated;
    this.evaluation = evaluation;
    this.seed = seed;
    stages = environment.stages();
  }

  /** A pruning method in a pattern with masks of a kind, as applied to the model. */
  record Pruning(PruningSettings settings, PruningPlan plan) {
    static Pruning of(PruningSettings settings, LanguageModel model) {
      return new Pruning(settings, PruningPlan.of(settings, model));
    }

    PruningMethod method() {
      return settings.method();
    }

    SparsityPattern pattern() {
      return settings.pattern();
    }

    Pruning allocated(CalibratedModel calibrated, Stages stages) {
      return new Pruning(settings, plan.allocated(settings, calibrated, stages));
    }

    /** The kind that was asked for. */
    Masks.Kind masks() {
      return settings.masks().kind();
    }

    /** The name of a folder. */
    String folder() {
      return "%s-%s-%s".formatted(method(), pattern(), masks()).replace(':', '-');
    }

    /** Its name in the messages of a run. */
    String title() {
      return masks() == Masks.Kind.AT_ONCE
          ? "%s, %s".formatted(method(), pattern())
          : "%s, %s, %s masks".formatted(method(), pattern(), masks());
    }
  }

  /**
   * Measures every combination.
   *
   * @param uniform every method in every pattern with every kind of masks, the sparsity not yet
   *     spread over blocks
   * @param folder for blocks
   */
  List<Measurement> run(List<Pruning> uniform, Path folder) {
    List<Pruning> prunings =
        uniform.stream().map(pruning -> pruning.allocated(calibrated, stages)).toList();
    List<Trials> trials =
        prunings.stream()
            .map(
                pruning ->
                    Trials.run(
                        new TrialRun(calibrated, seed, stages, new Path(folder, pruning.folder())),
                        grid.reconstruction(),
                        pruning.plan()))
            .toList();
    List<Beginnings> beginnings =
        PrunedBlocks.beginnings(
            trials.stream().map(Trials::plan).toList(),
            prunings.stream()
                .map(pruning -> new Path(new Path(folder, "pruned"), pruning.folder()))
                .toList(),
            grid.reconstruction(),
            calibrated,
            stages);
    List<Measurement> measurements = new ArrayList<>();
    for (int i = 0; i < prunings.size(); i++) {
      Path blocks = new Path(folder, prunings.get(i).folder());
      for (Level level : grid.levels(prunings.get(i).masks())) {
        Reconstruction.Goal goal =
            new Reconstruction.Goal(
                level, beginnings.get(i), seed, new Path(blocks, level.toString()).toString());
        measurements.add(measure(prunings.get(i), trials.get(i), goal));
      }
      Storage.delete(blocks, environment.hadoop());
    }
    return measurements;
  }

  private Measurement measure(Pruning pruning, Trials trials, Reconstruction.Goal goal) {
    Level level = goal.level();
    long begun = System.nanoTime();
    ReconstructedModel model =
        stages.run(
            "%s, %s, seed %d".formatted(pruning.title(), level, seed),
            () ->
                new Reconstruction(calibrated, trials.training(), goal, environment.progress())
                    .run());
    double seconds = (System.nanoTime() - begun) / 1e9;
    BlockFiles files = model.files();
    return new Measurement(
        new Ablation.Combination(
            pruning.method(),
            pruning.pattern(),
            pruning.settings().masks().kind(level),
            level,
            seed),
        trials.plan().masks().kind(level),
        trials.training().rate(),
        model.errors(),
        calibrated.heldOutPerplexity(files),
        evaluation.measureQuietly(goal.folder(), files),
        seconds);
  }
}
