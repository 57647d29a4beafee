package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.block.Beginnings;
import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.PrunedBlocks;
import io.coppice.job.block.PruningPlan;
import io.coppice.job.block.Reconstructed;
import io.coppice.job.block.Reconstruction;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.Calibration;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruningSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.job.run.Ablation.Measurement;
import io.coppice.job.work.WorkFolder;
import io.coppice.model.BlockSource;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * {@code ablate}: reconstructs a model in every combination of methods, patterns, levels and seeds.
 * Lives on the driver.
 *
 * <p>All combinations of a seed share its windows and dense pass. Where blocks do not wait for each
 * other, all levels share the pruned blocks too, and all methods and patterns the pass that gathers
 * their statistics; {@code sequential} prunes each on the inputs that its own sparse blocks give.
 */
public final class AblateRun {
  private final AblateSettings settings;
  private final ResolvedConfiguration configuration;
  private final Configuration hadoop;
  private final Progress progress;
  private final Stages stages;

  public AblateRun(
      AblateSettings settings,
      ResolvedConfiguration configuration,
      Configuration hadoop,
      Progress progress) {
    this.settings = settings;
    this.configuration = configuration;
    this.hadoop = hadoop;
    this.progress = progress;
    stages = new Stages(progress);
  }

  /**
   * Runs all combinations and writes the tables into the output folder.
   *
   * @param start starts Spark; called when all that can be checked without it has been
   */
  public Ablation run(Supplier<SparkSession> start) {
    ModelOnCluster dense = ModelOnCluster.open(settings.model(), hadoop);
    int positions = dense.model().maxPositions();
    settings.calibration().requireLength(positions);
    SelfGeneration.requireLanguage(settings.selfGenerated());
    EvaluationTexts texts =
        new EvaluationTexts(
            settings.evaluation(), settings.evaluation().sequenceLength().resolve(positions));
    List<Pruning> prunings = prunings(dense);
    OutputFolder output =
        new OutputFolder(
            Storage.path(settings.output().path()),
            Ablation.REPLACEABLE.ifAsked(settings.output().overwrite()),
            hadoop);
    output.requireFree(inputs());
    try (WorkFolder work = WorkFolder.open(settings.output(), configuration, hadoop, progress)) {
      work.whenClosed(output::close);
      SparkSession session = start.get();
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      Engine engine = Engine.of(spark, settings.evaluation().requireNative());
      engine.blas();
      Evaluation evaluation = evaluation(spark, session, dense, texts, engine);
      Map<String, Double> densePerplexities =
          stages.run("evaluation of the dense model", () -> evaluation.perplexities(dense));
      progress.report(new ProgressEvent.RunPlanned(blockEpochs(dense.model().blockCount())));
      List<Measurement> measurements = new ArrayList<>();
      for (long seed : settings.seeds()) {
        measurements.addAll(
            measure(
                session,
                dense,
                prunings,
                seed,
                new Path(work.path(WorkFolder.ABLATION), "seed-" + seed),
                engine,
                evaluation));
      }
      Ablation ablation = new Ablation(configuration, settings, densePerplexities, measurements);
      output.discardStaging();
      ablation.write(output.staging(), hadoop);
      work.requireHeld();
      output.commit();
      work.done();
      return ablation;
    }
  }

  private List<Path> inputs() {
    return Stream.of(
            List.of(settings.model()),
            settings.calibration().texts(),
            settings.evaluation().texts())
        .flatMap(List::stream)
        .map(Storage::path)
        .toList();
  }

  /** A pruner in a pattern, as applied to the model. */
  private record Pruning(PruningSettings settings, PruningPlan plan) {
    PruningMethod method() {
      return settings.method();
    }

    SparsityPattern pattern() {
      return settings.pattern();
    }

    Pruning allocated(CalibratedModel calibrated, Stages stages) {
      return new Pruning(settings, plan.allocated(settings, calibrated, stages));
    }

    /** The name of a folder. */
    String folder() {
      return "%s-%s".formatted(method(), pattern()).replace(':', '-');
    }
  }

  private List<Pruning> prunings(ModelOnCluster dense) {
    return settings.prunings().stream()
        .map(pruning -> new Pruning(pruning, PruningPlan.of(pruning, dense.model())))
        .toList();
  }

  /** All combinations of a seed. */
  private List<Measurement> measure(
      SparkSession session,
      ModelOnCluster dense,
      List<Pruning> plans,
      long seed,
      Path folder,
      Engine engine,
      Evaluation evaluation) {
    List<Measurement> measurements = new ArrayList<>();
    try (CalibratedModel calibrated =
        new Calibration(session, dense, engine, folder, progress)
            .run(
                new Calibration.Request(
                    settings.calibration(),
                    settings.selfGenerated(),
                    settings.activations(),
                    seed))) {
      List<Pruning> prunings =
          plans.stream().map(pruning -> pruning.allocated(calibrated, stages)).toList();
      List<Beginnings> beginnings =
          PrunedBlocks.beginnings(
              prunings.stream().map(Pruning::plan).toList(),
              prunings.stream()
                  .map(pruning -> new Path(new Path(folder, "pruned"), pruning.folder()))
                  .toList(),
              settings.reconstruction(),
              calibrated,
              stages);
      for (int i = 0; i < prunings.size(); i++) {
        measurements.addAll(
            new Combinations(calibrated, prunings.get(i), beginnings.get(i), seed, evaluation)
                .run(new Path(folder, prunings.get(i).folder())));
      }
    }
    delete(folder);
    return measurements;
  }

  private void delete(Path folder) {
    try {
      Storage.of(folder, hadoop).delete(folder, true);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + folder, e);
    }
  }

  private int blockEpochs(int blockCount) {
    return settings.reconstruction().blockEpochs(blockCount)
        * settings.prunings().size()
        * settings.seeds().size();
  }

  /** Perplexity on each text of a model with other blocks. */
  private interface Evaluation {
    Map<String, Double> perplexities(BlockSource blocks);
  }

  private Evaluation evaluation(
      JavaSparkContext spark,
      SparkSession session,
      ModelOnCluster dense,
      EvaluationTexts texts,
      Engine engine) {
    Map<String, EvaluationTexts.Text> read = new LinkedHashMap<>();
    try (EncoderSource.OpenEncoder encoder = dense.encoder().open()) {
      texts.names().forEach(name -> read.put(name, texts.read(name, session, encoder)));
    }
    return blocks -> {
      Map<String, Double> perplexities = new LinkedHashMap<>();
      read.forEach(
          (name, text) ->
              perplexities.put(
                  name, PerplexityPass.perplexity(spark, dense, blocks, text.windows(), engine)));
      return perplexities;
    };
  }

  /** All levels of one pruning and seed. */
  private final class Combinations {
    private final CalibratedModel calibrated;
    private final Pruning pruning;
    private final Beginnings beginnings;
    private final long seed;
    private final Evaluation evaluation;

    Combinations(
        CalibratedModel calibrated,
        Pruning pruning,
        Beginnings beginnings,
        long seed,
        Evaluation evaluation) {
      this.calibrated = calibrated;
      this.pruning = pruning;
      this.beginnings = beginnings;
      this.seed = seed;
      this.evaluation = evaluation;
    }

    List<Measurement> run(Path folder) {
      List<Measurement> measurements = new ArrayList<>();
      for (Level level : settings.reconstruction().levels()) {
        // Events of one block, wave and epoch are told once, so each combination has its own.
        try (ExecutorProgress events = new ExecutorProgress(calibrated.spark().sc(), progress)) {
          measurements.add(measure(level, reconstruct(level, folder, events.accumulator())));
        }
      }
      delete(folder);
      return measurements;
    }

    private record Timed(Reconstructed model, double seconds) {}

    private Timed reconstruct(Level level, Path folder, ProgressAccumulator events) {
      long begun = System.nanoTime();
      Reconstructed model =
          stages.run(
              "%s, %s, %s, seed %d".formatted(pruning.method(), pruning.pattern(), level, seed),
              () ->
                  new Reconstruction(
                          calibrated,
                          settings.reconstruction(),
                          new Reconstruction.Goal(
                              level,
                              beginnings,
                              seed,
                              new Path(folder, level.toString()).toString()),
                          events,
                          stages)
                      .run());
      return new Timed(model, (System.nanoTime() - begun) / 1e9);
    }

    private Measurement measure(Level level, Timed timed) {
      BlockFiles files = timed.model().files();
      List<ChainErrors> errors =
          timed.model().lastWave().stream().map(Reconstructed.BlockResult::errors).toList();
      ChainErrors last = errors.get(errors.size() - 1);
      return new Measurement(
          pruning.method(),
          pruning.pattern(),
          level,
          seed,
          last.calibration(),
          last.heldOut(),
          ChainErrors.meanRelativeCalibration(errors),
          ChainErrors.meanRelativeHeldOut(errors),
          calibrated.heldOutPerplexity(files),
          evaluation.perplexities(files),
          timed.seconds());
    }
  }
}
