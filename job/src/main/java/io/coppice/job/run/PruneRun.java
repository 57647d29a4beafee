package io.coppice.job.run;

import io.coppice.checkpoint.CheckpointAssembly;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.block.Beginnings;
import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.LevelChoice;
import io.coppice.job.block.PrunedBlocks;
import io.coppice.job.block.PruningPlan;
import io.coppice.job.block.Reconstructed;
import io.coppice.job.block.Reconstruction;
import io.coppice.job.calibration.TextReader;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.Calibration;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.plan.Plan;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code prune} from end to end: calibration windows, dense pass, reconstruction by the schedule,
 * assembly, commit. Lives on the driver.
 */
public final class PruneRun {
  private static final Logger LOG = LoggerFactory.getLogger(PruneRun.class);

  /** Options that a block does not depend on. */
  private static final Set<String> WITHOUT_EFFECT_ON_BLOCKS =
      Set.of(
          "output",
          "work-dir",
          "overwrite",
          "keep-work",
          "restart",
          "skip-finished",
          "require-native",
          "activations",
          RunInputs.DOCUMENTS);

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
   * @return what the run came to; empty where its output was there already, and is to be left
   * @throws io.coppice.failure.UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  public Optional<PruneSummary> run(Supplier<SparkSession> start) {
    long begun = System.nanoTime();
    Stages stages = new Stages(progress);
    ModelOnCluster dense = ModelOnCluster.open(settings.model(), hadoop);
    settings.calibration().requireLength(dense.model().maxPositions());
    PruningPlan uniform = PruningPlan.of(settings.pruning(), dense.model());
    OutputFolder output =
        new OutputFolder(
            Storage.path(settings.output().path()),
            Replaceable.MODEL.ifAsked(settings.output().overwrite()),
            hadoop);
    ResolvedConfiguration inputs = inputs(dense);
    if (settings.skipFinished() && isFinished(output, inputs)) {
      return Optional.empty();
    }
    output.requireFree(inputPaths(dense));
    warnOfPointers(dense);
    SelfGeneration.requireLanguage(settings.selfGenerated());
    try (WorkFolder work =
        WorkFolder.open(settings.output(), dependencies(inputs), hadoop, progress)) {
      work.whenClosed(output::close);
      SparkSession session = start.get();
      Engine engine = engine(session);
      Plan takes =
          Plan.of(dense.model(), settings, session.sparkContext().getConf(), engine.blas());
      takes.require();
      takes.warnings().forEach(LOG::warn);
      try (CalibratedModel calibrated =
          new Calibration(session, dense, engine, work.path(), progress)
              .run(
                  new Calibration.Request(
                      settings.calibration(),
                      settings.selfGenerated(),
                      settings.activations(),
                      settings.seed()))) {
        LevelChoice choice = new LevelChoice(calibrated, stages);
        PruningPlan plan = uniform.allocated(settings.pruning(), calibrated, stages);
        Reconstructed sparse =
            reconstruct(calibrated, plan, choice, work.path(WorkFolder.BLOCKS), stages);
        double seconds = (System.nanoTime() - begun) / 1e9;
        work.requireHeld();
        stages.perform(
            "assembly", () -> assemble(calibrated.spark(), dense, sparse.files(), output));
        PruneSummary summary =
            new PruneSummary(
                configuration,
                inputs.with(RunInputs.DOCUMENTS, calibrated.text().read().documents()),
                calibrated.text().windows().fingerprint(),
                calibrated.text().selfGenerated(),
                calibrated.store(),
                engine.blas().description(),
                sparse,
                choice.candidates(),
                stages.run("perplexity on held-out text", () -> perplexity(calibrated, output)),
                seconds);
        summary.write(OutputFolder.record(output.staging()), hadoop);
        work.requireHeld();
        output.commit();
        work.done();
        return Optional.of(summary);
      }
    }
  }

  private void warnOfPointers(ModelOnCluster dense) {
    List<String> pointers = CheckpointAssembly.copiedPointers(dense.checkpoint(), hadoop);
    if (!pointers.isEmpty()) {
      LOG.warn(
          "Of the files that are copied, {} are Git LFS pointers instead of the files themselves;"
              + " fetch them with 'git lfs pull' if the pruned model is to have them",
          String.join(", ", pointers));
    }
  }

  /** All that finished blocks depend on, but for the CPU. */
  private ResolvedConfiguration dependencies(ResolvedConfiguration inputs) {
    return configuration.without(WITHOUT_EFFECT_ON_BLOCKS).with(inputs);
  }

  /** What results depend on besides the options. */
  private ResolvedConfiguration inputs(ModelOnCluster dense) {
    return RunInputs.of(dense)
        .with(
            "files of the text",
            TextReader.stamp(settings.calibration().texts(), hadoop).toString());
  }

  /** Whether the output is what this run would make. */
  private boolean isFinished(OutputFolder output, ResolvedConfiguration inputs) {
    if (!output.isFinished()) {
      return false;
    }
    Optional<ResolvedConfiguration> made =
        PruneSummary.dependencies(OutputFolder.record(output.path()), hadoop);
    List<String> differences =
        made.map(other -> dependencies(inputs).differences(other.without(WITHOUT_EFFECT_ON_BLOCKS)))
            .orElse(List.of("it has no record that can be read"));
    if (!differences.isEmpty()) {
      LOG.warn(
          "{} is not what this command would make: {}",
          output.path(),
          String.join("; ", differences));
    }
    return differences.isEmpty();
  }

  private Engine engine(SparkSession session) {
    Engine engine =
        Engine.of(
            JavaSparkContext.fromSparkContext(session.sparkContext()), settings.requireNative());
    engine.blas();
    return engine;
  }

  /** Reconstructs at every level that is asked for, and chooses where they are several. */
  private Reconstructed reconstruct(
      CalibratedModel calibrated,
      PruningPlan plan,
      LevelChoice choice,
      Path folder,
      Stages stages) {
    List<Level> levels = settings.reconstruction().levels();
    progress.report(
        new ProgressEvent.RunPlanned(
            settings.reconstruction().blockEpochs(calibrated.blockCount())));
    Beginnings beginnings = beginnings(calibrated, plan, folder, stages);
    List<Reconstructed> models = new ArrayList<>();
    for (Level level : levels) {
      // Events of one block, wave and epoch are told once, so each level has its own.
      try (ExecutorProgress events = new ExecutorProgress(calibrated.spark().sc(), progress)) {
        models.add(
            new Reconstruction(
                    calibrated,
                    settings.reconstruction(),
                    new Reconstruction.Goal(
                        level,
                        beginnings,
                        settings.seed(),
                        new Path(folder, level.toString()).toString()),
                    events.accumulator(),
                    stages)
                .run());
      }
    }
    if (levels.size() == 1) {
      return models.get(0);
    }
    ModelOnCluster dense = calibrated.dense();
    return choice.of(
        models, BlockFiles.in(folder.toString(), "chosen", dense.model(), dense.hadoop()));
  }

  /** Several levels share pruned blocks, where those are the same for all. */
  private Beginnings beginnings(
      CalibratedModel calibrated, PruningPlan plan, Path folder, Stages stages) {
    ReconstructionSettings reconstruction = settings.reconstruction();
    return reconstruction.levels().size() == 1
        ? plan::beginning
        : PrunedBlocks.beginnings(
                List.of(plan),
                List.of(new Path(folder, "pruned")),
                reconstruction,
                calibrated,
                stages)
            .get(0);
  }

  private List<Path> inputPaths(ModelOnCluster dense) {
    return Stream.concat(
            Stream.of(dense.checkpoint().folder()),
            settings.calibration().texts().stream().map(Storage::path))
        .toList();
  }

  /** Puts the model together in the staging folder: shards in tasks, all else here. */
  private void assemble(
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
  }

  private PruneSummary.Perplexity perplexity(CalibratedModel calibrated, OutputFolder output) {
    ModelOnCluster sparse = calibrated.dense().assembled(output.staging());
    return new PruneSummary.Perplexity(
        calibrated.heldOutPerplexity(calibrated.dense()), calibrated.heldOutPerplexity(sparse));
  }
}
