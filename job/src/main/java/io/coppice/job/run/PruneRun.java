package io.coppice.job.run;

import io.coppice.checkpoint.CheckpointAssembly;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.block.Beginnings;
import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.LevelChoice;
import io.coppice.job.block.PrunedBlocks;
import io.coppice.job.block.PruningPlan;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.block.Reconstruction;
import io.coppice.job.block.TrialRun;
import io.coppice.job.block.Trials;
import io.coppice.job.card.ModelCard;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.Calibration;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.generation.TextComparison;
import io.coppice.job.generation.TextSamples;
import io.coppice.job.plan.Plan;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.RunTimeline;
import io.coppice.job.progress.Stages;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.Storage;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code prune} from end to end: calibration windows, dense pass, reconstruction by the schedule,
 * assembly, commit. Lives on the driver.
 */
public final class PruneRun {
  private static final Logger LOG = LoggerFactory.getLogger(PruneRun.class);

  private final PruneSettings settings;
  private final RunEnvironment environment;
  private final Stages stages;
  private final RunTimeline timeline;

  public PruneRun(PruneSettings settings, RunEnvironment environment) {
    this.settings = settings;
    timeline = new RunTimeline(environment.progress(), Clock.systemUTC());
    this.environment = environment.with(timeline);
    stages = this.environment.stages();
  }

  /**
   * Runs to the committed checkpoint.
   *
   * @return the run's summary; empty if its output exists already and is to be left as it is
   * @throws io.coppice.failure.UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  public Optional<PruneSummary> run() {
    long begun = System.nanoTime();
    ModelOnCluster dense = environment.model(settings.model());
    settings.calibration().requireLength(dense.model().maxPositions());
    PruningPlan uniform = PruningPlan.of(settings.pruning(), dense.model());
    FinalEvaluation evaluation = FinalEvaluation.of(settings, dense);
    OutputFolder output = environment.output(settings.output(), Replaceable.MODEL);
    PruneDependencies dependencies = PruneDependencies.of(settings, environment, dense);
    if (settings.skipFinished() && dependencies.areThoseOf(output, environment.hadoop())) {
      return Optional.empty();
    }
    output.requireFree(inputPaths(dense));
    warnOfPointers(dense);
    SelfGeneration.requireLanguage(settings.selfGenerated());
    try (WorkFolder work = environment.work(settings.output(), dependencies.ofBlocks())) {
      work.whenClosed(output::close);
      Cluster cluster =
          environment.start(settings.engine(), settings.reconstruction().levels(), work);
      requireFits(dense, cluster);
      FinalEvaluation.Read measured = evaluation.read(cluster, dense);
      try (CalibratedModel calibrated = calibrate(dense, cluster, work)) {
        LevelChoice choice = new LevelChoice(calibrated, stages);
        Trials trials = trials(calibrated, uniform, work);
        PruningPlan plan = trials.plan();
        ReconstructedModel sparse =
            reconstruct(calibrated, plan, trials.training(), choice, work.path(WorkFolder.BLOCKS));
        double seconds = (System.nanoTime() - begun) / 1e9;
        work.requireHeld();
        stages.perform(
            "assembly", () -> assemble(calibrated.spark(), dense, sparse.files(), output));
        // As long as there is no record, the staged model can be read like any other.
        ModelOnCluster staged = dense.assembled(output.staging());
        TextSamples texts = samples(calibrated, staged);
        PruneSummary summary =
            new PruneSummary(
                new PruneSummary.Basis(
                    environment.configuration(),
                    dependencies
                        .inputs()
                        .with(InputStamps.DOCUMENTS, calibrated.text().read().documents()),
                    ModelFacts.of(dense)),
                new PruneSummary.Execution(
                    calibrated.text().windows().fingerprint(),
                    calibrated.text().selfGenerated(),
                    trials.found(),
                    calibrated.store(),
                    cluster.engine().description(),
                    seconds),
                sparse,
                choice.candidates(),
                stages.run("perplexity on held-out text", () -> perplexity(calibrated, staged)));
        // Before there is a record, whose folder is finished only when the run is.
        measured.measure(staged, environment);
        summary.write(OutputFolder.record(output.staging()), environment.hadoop());
        new ReportFiles(environment.hadoop(), output).write(choice.compared(), texts, timeline);
        ModelCard.write(output.staging(), dense.checkpoint().folder(), environment.hadoop());
        new SavedForms(staged, plan, stages).write(settings.output(), cluster.spark());
        work.requireHeld();
        output.commit();
        work.done();
        return Optional.of(summary);
      }
    }
  }

  private void requireFits(ModelOnCluster dense, Cluster cluster) {
    Plan plan = Plan.of(dense.model(), settings, cluster.spark().getConf());
    plan.require();
    plan.warnings().forEach(LOG::warn);
  }

  private CalibratedModel calibrate(ModelOnCluster dense, Cluster cluster, WorkFolder work) {
    return new Calibration(cluster, dense, work.path(), environment.progress())
        .run(
            new Calibration.Request(
                settings.calibration(),
                settings.selfGenerated(),
                settings.activations(),
                settings.reconstruction().needsMetrics(),
                settings.seed()));
  }

  private void warnOfPointers(ModelOnCluster dense) {
    List<String> pointers =
        CheckpointAssembly.copiedPointers(dense.checkpoint(), environment.hadoop());
    if (!pointers.isEmpty()) {
      LOG.warn(
          "Of the files that are copied, {} are Git LFS pointers instead of the files themselves;"
              + " fetch them with 'git lfs pull' if the pruned model is to have them",
          String.join(", ", pointers));
    }
  }

  /** Finds what is left to trials, once the sparsity is spread over the blocks. */
  private Trials trials(CalibratedModel calibrated, PruningPlan uniform, WorkFolder work) {
    return Trials.run(
        new TrialRun(calibrated, settings.seed(), stages, work.path(WorkFolder.BLOCKS)),
        settings.reconstruction(),
        uniform.allocated(settings.pruning(), calibrated, stages));
  }

  /** Reconstructs at every level that is asked for, and chooses among several. */
  private ReconstructedModel reconstruct(
      CalibratedModel calibrated,
      PruningPlan plan,
      ReconstructionSettings training,
      LevelChoice choice,
      Path folder) {
    List<Level> levels = training.levels();
    stages.report(new ProgressEvent.RunPlanned(training.blockEpochs(calibrated.blockCount())));
    Beginnings beginnings = beginnings(calibrated, plan, folder);
    List<ReconstructedModel> models = new ArrayList<>();
    for (Level level : levels) {
      models.add(
          new Reconstruction(
                  calibrated,
                  training,
                  new Reconstruction.Goal(
                      level,
                      beginnings,
                      settings.seed(),
                      new Path(folder, level.toString()).toString()),
                  environment.progress())
              .run());
    }
    if (levels.size() == 1) {
      return models.get(0);
    }
    ModelOnCluster dense = calibrated.dense();
    return choice.of(
        models, BlockFiles.in(folder.toString(), "chosen", dense.model(), dense.hadoop()));
  }

  /** Several levels share pruned blocks, where those are the same for all. */
  private Beginnings beginnings(CalibratedModel calibrated, PruningPlan plan, Path folder) {
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
            Stream.concat(
                    settings.calibration().texts().stream(), settings.measured().paths().stream())
                .map(Storage::path))
        .toList();
  }

  /** Assembles the model in the staging folder: shards in tasks, everything else here. */
  private void assemble(
      JavaSparkContext spark, ModelOnCluster dense, BlockFiles sparse, OutputFolder output) {
    output.discardStaging();
    CheckpointAssembly assembly =
        CheckpointAssembly.plan(
            dense.checkpoint(), new Path(sparse.folder()), output.staging(), environment.hadoop());
    List<String> shards = new ArrayList<>(assembly.shardNames());
    HadoopSettings settingsOfTasks = dense.hadoop();
    spark
        .parallelize(shards, shards.size())
        .foreach(shard -> assembly.using(settingsOfTasks.configuration()).writeShard(shard));
    assembly.copyOtherFiles();
    assembly.verify();
  }

  private TextSamples samples(CalibratedModel calibrated, ModelOnCluster sparse) {
    return stages.run(
        "texts by the dense and the sparse model",
        () ->
            ReportFiles.samples(
                () ->
                    new TextComparison(calibrated.cluster(), calibrated.dense(), sparse)
                        .write(
                            calibrated.text().windows().heldOut(),
                            settings.running().sampleTexts())));
  }

  private PruneSummary.Perplexity perplexity(CalibratedModel calibrated, ModelOnCluster sparse) {
    return new PruneSummary.Perplexity(
        calibrated.heldOutPerplexity(calibrated.dense()), calibrated.heldOutPerplexity(sparse));
  }
}
