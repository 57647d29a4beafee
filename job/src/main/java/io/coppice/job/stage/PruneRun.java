package io.coppice.job.stage;

import io.coppice.checkpoint.CheckpointAssembly;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.activations.ActivationStore;
import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.activations.StoreChoice;
import io.coppice.job.activations.WindowGroups;
import io.coppice.job.calibration.TextReader;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.Allocation;
import io.coppice.job.config.CalibrationSettings;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.ResolvedConfiguration;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.reconstruct.OutlierRatio;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;

/**
 * {@code prune} from end to end: calibration windows, dense pass, reconstruction by the schedule,
 * assembly, commit. Lives on the driver.
 */
public final class PruneRun {
  private final PruneSettings settings;
  private final ResolvedConfiguration configuration;
  private final Configuration hadoop;
  private final Progress progress;

  public PruneRun(
      PruneSettings settings,
      ResolvedConfiguration configuration,
      Configuration hadoop,
      Progress progress) {
    this.settings = settings;
    this.configuration = configuration;
    this.hadoop = hadoop;
    this.progress = progress;
  }

  /**
   * Runs to the committed checkpoint.
   *
   * @param start starts Spark; called when all that can be checked without it has been
   * @throws io.coppice.failure.UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  public PruneSummary run(Supplier<SparkSession> start) {
    long begun = System.nanoTime();
    Stages stages = new Stages(progress);
    ModelOnCluster dense = ModelOnCluster.open(settings.model(), hadoop);
    LanguageModel model = dense.model();
    CalibrationSettings calibration = settings.calibration();
    PruningPlan uniform = PruningPlan.of(settings.pruning(), model);
    int sequenceLength = calibration.sequenceLength().resolve(model.maxPositions());
    OutputFolder output =
        new OutputFolder(new Path(settings.output().path()), settings.output().overwrite(), hadoop);
    output.requireFree(inputs(dense));
    SelfGeneration.requireLanguage(settings.selfGenerated());
    try (WorkFolder work = WorkFolder.create(settings.output(), hadoop);
        output) {
      SparkSession session = start.get();
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      Engine engine = Engine.of(spark, settings.requireNative());
      engine.blas();
      CalibrationWindows given =
          stages.run(
              "calibration",
              () ->
                  new TextReader(session, calibration.textField())
                      .windows(
                          calibration.texts(),
                          new WindowRequest(
                              calibration.samples(),
                              calibration.heldOutSamples(),
                              sequenceLength,
                              settings.seed(),
                              calibration.pack()),
                          dense.encoder()));
      SelfGeneration.Written written =
          settings.selfGenerated().windows() == 0
              ? SelfGeneration.Written.none()
              : stages.run(
                  "self-generated text",
                  () ->
                      new SelfGeneration(spark, dense, engine)
                          .write(
                              settings.selfGenerated(), sequenceLength, settings.seed(), progress));
      CalibrationWindows windows = given.withSelfGenerated(written.windows());
      int count = windows.all().length;
      WindowGroups groups =
          WindowGroups.of(count, sequenceLength, model.hiddenSize(), spark.defaultParallelism());
      long chainBytes =
          StoreChoice.chainBytes(
              settings.activations(), groups, model.hiddenSize(), model.blockCount());
      ActivationStore store =
          StoreChoice.of(
              spark, settings.activations(), chainBytes, work.path("activations"), dense.hadoop());
      Passes passes = new Passes(spark, model, store, groups, engine, windows.training());
      List<BoundaryActivations> boundaries =
          stages.run("dense pass", () -> densePass(spark, passes, dense, windows, engine));
      PruningPlan plan =
          settings.pruning().allocation() instanceof Allocation.Owl owl
              ? stages.run("outliers", () -> owl(owl, spark, dense, boundaries, windows, engine))
              : uniform;
      progress.report(
          new ProgressEvent.RunPlanned(
              settings.reconstruction().level().trains()
                  ? model.blockCount() * settings.reconstruction().epochs()
                  : 0));
      try (ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
        Reconstruction reconstruction =
            new Reconstruction(
                spark,
                settings,
                plan,
                passes,
                dense,
                boundaries,
                work.path("blocks"),
                new Reconstruction.Windows(
                    windows.calibration().length, windows.training(), count, sequenceLength),
                engine,
                events.accumulator(),
                stages);
        BlockFiles sparse = reconstruction.run();
        double seconds = (System.nanoTime() - begun) / 1e9;
        stages.run("assembly", () -> assemble(spark, dense, sparse, output));
        PruneSummary summary =
            new PruneSummary(
                configuration,
                windows.fingerprint(),
                new PruneSummary.SelfGenerated(
                    written.windows().length, written.documents(), written.rejectedShare()),
                store.description(),
                engine.blas().description(),
                reconstruction.results(),
                stages.run(
                    "perplexity on held-out text",
                    () -> perplexity(spark, dense, output, windows, engine)),
                seconds);
        summary.write(new Path(output.staging(), "coppice"), hadoop);
        output.commit();
        boundaries.forEach(BoundaryActivations::release);
        return summary;
      }
    }
  }

  private List<Path> inputs(ModelOnCluster dense) {
    return Stream.concat(
            Stream.of(dense.checkpoint().folder()),
            settings.calibration().texts().stream().map(Path::new))
        .toList();
  }

  private static List<BoundaryActivations> densePass(
      JavaSparkContext spark,
      Passes passes,
      ModelOnCluster dense,
      CalibrationWindows windows,
      Engine engine) {
    requireFinite(spark, dense);
    Broadcast<int[][]> tokens = spark.broadcast(windows.all());
    ChainPass.Start embedding =
        (first, activations) -> {
          int length = tokens.value()[0].length;
          int count = activations.rows() / length;
          int[] ids =
              Stream.of(tokens.value())
                  .skip(first)
                  .limit(count)
                  .flatMapToInt(IntStream::of)
                  .toArray();
          dense.embed(ids, length, activations, engine.blas());
        };
    List<BoundaryActivations> boundaries = passes.dense(dense, embedding);
    tokens.destroy();
    return boundaries;
  }

  /** Looks at what pruning has no use for and would only copy. */
  private static void requireFinite(JavaSparkContext spark, ModelOnCluster dense) {
    LanguageModel model = dense.model();
    List<String> tensors =
        Stream.concat(
                model.outerWeights().stream().map(WeightShape::name), Stream.of(model.headName()))
            .filter(name -> !name.equals(model.embeddingName()))
            .toList();
    spark.parallelize(tensors, tensors.size()).foreach(dense::requireFinite);
  }

  private PruningPlan owl(
      Allocation.Owl owl,
      JavaSparkContext spark,
      ModelOnCluster dense,
      List<BoundaryActivations> boundaries,
      CalibrationWindows windows,
      Engine engine) {
    LanguageModel model = dense.model();
    OutlierPass pass =
        new OutlierPass(
            new OutlierRatio(model, owl.outlierMultiple()),
            model,
            dense,
            windows.calibration().length,
            windows.all()[0].length,
            engine);
    double[] ratios = pass.run(spark, PruningPlan.common(settings.pruning(), model), boundaries);
    return PruningPlan.owl(settings.pruning(), model, owl, ratios);
  }

  /** Puts the model together in the staging folder: shards in tasks, all else here. */
  private OutputFolder assemble(
      JavaSparkContext spark, ModelOnCluster dense, BlockFiles sparse, OutputFolder output) {
    output.discardStaging();
    CheckpointAssembly assembly =
        CheckpointAssembly.plan(
            dense.checkpoint(), new Path(sparse.folder()), output.staging(), hadoop);
    List<String> shards = new ArrayList<>(assembly.shardNames());
    HadoopSettings settingsOfTasks = dense.hadoop();
    spark
        .parallelize(shards, shards.size())
        .foreach(shard -> assembly.using(settingsOfTasks.configuration()).writeShard(shard));
    assembly.copyOtherFiles();
    assembly.verify();
    return output;
  }

  private PruneSummary.Perplexity perplexity(
      JavaSparkContext spark,
      ModelOnCluster dense,
      OutputFolder output,
      CalibrationWindows windows,
      Engine engine) {
    if (windows.heldOut().length == 0) {
      return new PruneSummary.Perplexity(Double.NaN, Double.NaN);
    }
    ModelOnCluster sparse = ModelOnCluster.open(output.staging().toString(), hadoop);
    return new PruneSummary.Perplexity(
        PerplexityPass.perplexity(spark, dense, windows.heldOut(), engine),
        PerplexityPass.perplexity(spark, sparse, windows.heldOut(), engine));
  }
}
