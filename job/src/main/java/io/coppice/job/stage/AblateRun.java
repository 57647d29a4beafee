package io.coppice.job.stage;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.calibration.EncoderSource;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.AblateSettings;
import io.coppice.job.config.Allocation;
import io.coppice.job.config.Level;
import io.coppice.job.config.PruningSettings;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.job.config.ResolvedConfiguration;
import io.coppice.job.config.Schedule;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.stage.Ablation.Measurement;
import io.coppice.job.work.WorkFolder;
import io.coppice.model.BlockSource;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
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
 * other, the levels of a method and pattern share the pruned blocks too, and with them the
 * statistics; {@code sequential} prunes each on the inputs that its own sparse blocks give.
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
    settings.methods().forEach(method -> plans(method, dense));
    OutputFolder output =
        new OutputFolder(new Path(settings.output().path()), settings.output().overwrite(), hadoop);
    output.requireFree(inputs());
    try (WorkFolder work = WorkFolder.open(settings.output(), configuration, hadoop);
        output) {
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
                seed,
                new Path(work.path(WorkFolder.ABLATION), "seed-" + seed),
                engine,
                evaluation));
      }
      Ablation ablation = new Ablation(configuration, settings, densePerplexities, measurements);
      output.discardStaging();
      ablation.write(output.staging(), hadoop);
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
        .map(Path::new)
        .toList();
  }

  /** All combinations of a seed. */
  private List<Measurement> measure(
      SparkSession session,
      ModelOnCluster dense,
      long seed,
      Path folder,
      Engine engine,
      Evaluation evaluation) {
    List<Measurement> measurements = new ArrayList<>();
    try (CalibratedModel calibrated =
            CalibratedModel.prepare(
                session,
                dense,
                settings.calibration(),
                settings.selfGenerated(),
                settings.activations(),
                seed,
                engine,
                folder,
                progress);
        ExecutorProgress events = new ExecutorProgress(calibrated.spark().sc(), progress)) {
      for (PruningMethod method : settings.methods()) {
        plans(method, dense)
            .forEach(
                (pattern, plan) -> {
                  String name = "%s-%s".formatted(method, pattern).replace(':', '-');
                  measurements.addAll(
                      new Combinations(calibrated, method, pattern, plan, seed, evaluation)
                          .run(new Path(folder, name).toString(), events.accumulator()));
                });
      }
    }
    return measurements;
  }

  private int blockEpochs(int blockCount) {
    return blockCount
        * settings.reconstruction().allEpochs()
        * settings.methods().size()
        * settings.patterns().size()
        * settings.seeds().size();
  }

  private Map<SparsityPattern, PruningPlan> plans(PruningMethod method, ModelOnCluster dense) {
    Map<SparsityPattern, PruningPlan> plans = new LinkedHashMap<>();
    settings
        .patterns()
        .forEach(
            pattern ->
                plans.put(
                    pattern,
                    PruningPlan.of(
                        new PruningSettings(
                            method, pattern, List.of(), settings.refit(), new Allocation.Uniform()),
                        dense.model())));
    return plans;
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

  /** All levels of one method, pattern and seed. */
  private final class Combinations {
    private final CalibratedModel calibrated;
    private final PruningMethod method;
    private final SparsityPattern pattern;
    private final PruningPlan plan;
    private final long seed;
    private final Evaluation evaluation;

    Combinations(
        CalibratedModel calibrated,
        PruningMethod method,
        SparsityPattern pattern,
        PruningPlan plan,
        long seed,
        Evaluation evaluation) {
      this.calibrated = calibrated;
      this.method = method;
      this.pattern = pattern;
      this.plan = plan;
      this.seed = seed;
      this.evaluation = evaluation;
    }

    List<Measurement> run(String folder, ProgressAccumulator events) {
      ReconstructionSettings reconstruction = settings.reconstruction();
      boolean shared = !(reconstruction.schedule() instanceof Schedule.Sequential);
      IntFunction<Span.Beginning> beginning = plan::beginning;
      List<Measurement> measurements = new ArrayList<>();
      if (shared) {
        Timed pruned = reconstruct(Level.LR, plan::beginning, folder, events);
        BlockFiles files = pruned.model().files();
        beginning = block -> new Span.Beginning.Continued(files);
        if (reconstruction.levels().contains(Level.LR)) {
          measurements.add(measure(Level.LR, pruned));
        }
      }
      for (Level level : reconstruction.levels()) {
        if (!shared || level != Level.LR) {
          Timed model = reconstruct(level, beginning, folder, events);
          measurements.add(measure(level, model));
        }
      }
      delete(new Path(folder));
      return measurements;
    }

    private void delete(Path folder) {
      try {
        folder.getFileSystem(hadoop).delete(folder, true);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot delete " + folder, e);
      }
    }

    private record Timed(Reconstructed model, double seconds) {}

    private Timed reconstruct(
        Level level,
        IntFunction<Span.Beginning> beginning,
        String folder,
        ProgressAccumulator events) {
      long begun = System.nanoTime();
      Reconstructed model =
          stages.run(
              "%s, %s, %s, seed %d".formatted(method, pattern, level, seed),
              () ->
                  new Reconstruction(
                          calibrated,
                          settings.reconstruction(),
                          beginning,
                          level,
                          seed,
                          folder + "/" + level,
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
          method,
          pattern,
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
