package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.Calibration;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation;
import io.coppice.job.evaluation.EvaluationData;
import io.coppice.job.evaluation.EvaluationTexts;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.RunTimeline;
import io.coppice.job.progress.Stages;
import io.coppice.job.run.Ablation.Measurement;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.Storage;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * {@code ablate}: reconstructs a model in every combination of methods, patterns, masks, levels and
 * seeds. Lives on the driver.
 *
 * <p>All combinations of a seed share its windows and dense pass, and more as {@link SeedAblation}
 * says.
 */
public final class AblateRun {
  private final AblateSettings settings;
  private final RunEnvironment environment;
  private final Stages stages;
  private final RunTimeline timeline;

  public AblateRun(AblateSettings settings, RunEnvironment environment) {
    this.settings = settings;
    timeline = new RunTimeline(environment.progress(), Clock.systemUTC());
    this.environment = environment.with(timeline);
    stages = this.environment.stages();
  }

  /** Runs all combinations and writes the tables into the output folder. */
  public Ablation run() {
    ModelOnCluster dense = environment.model(settings.model());
    int positions = dense.model().maxPositions();
    settings.calibration().requireLength(positions);
    SelfGeneration.requireLanguage(settings.selfGenerated());
    EvaluationTexts texts =
        new EvaluationTexts(
            settings.evaluation().measured().texts(),
            settings.evaluation().sequenceLength().resolve(positions, "--evaluation-length"));
    List<SeedAblation.Pruning> prunings =
        settings.prunings().stream()
            .map(pruning -> SeedAblation.Pruning.of(pruning, dense.model()))
            .toList();
    OutputFolder output = environment.output(settings.output(), Ablation.REPLACEABLE);
    output.requireFree(inputs());
    try (WorkFolder work = environment.work(settings.output(), environment.configuration())) {
      work.whenClosed(output::close);
      Cluster cluster =
          environment.start(
              settings.evaluation().engine(), settings.reconstruction().levels(), work);
      EvaluationData evaluation =
          EvaluationData.read(cluster, dense, texts, settings.evaluation().measured());
      Evaluation denseEvaluation =
          stages.run(
              "evaluation of the dense model",
              () -> evaluation.measureQuietly(settings.model(), dense));
      stages.report(new ProgressEvent.RunPlanned(blockEpochs(dense.model().blockCount())));
      List<Measurement> measurements = new ArrayList<>();
      for (long seed : settings.seeds()) {
        Path folder = new Path(work.path(WorkFolder.ABLATION), "seed-" + seed);
        measurements.addAll(measure(evaluation, prunings, seed, folder));
      }
      Ablation ablation =
          new Ablation(environment.configuration(), settings, denseEvaluation, measurements);
      output.discardStaging();
      ablation.write(output.staging(), environment.hadoop());
      new ReportFiles(environment.hadoop(), output).write(timeline);
      work.requireHeld();
      output.commit();
      work.done();
      return ablation;
    }
  }

  /** All combinations of a seed; the folder is deleted afterwards. */
  private List<Measurement> measure(
      EvaluationData evaluation, List<SeedAblation.Pruning> prunings, long seed, Path folder) {
    List<Measurement> measurements;
    Calibration calibration =
        new Calibration(evaluation.cluster(), evaluation.source(), folder, environment.progress());
    try (CalibratedModel calibrated =
        calibration.run(
            new Calibration.Request(
                settings.calibration(),
                settings.selfGenerated(),
                settings.activations(),
                settings.reconstruction().needsMetrics(),
                seed))) {
      measurements =
          new SeedAblation(environment, settings.grid(), calibrated, evaluation, seed)
              .run(prunings, folder);
    }
    Storage.delete(folder, environment.hadoop());
    return measurements;
  }

  private List<Path> inputs() {
    return Stream.of(
            List.of(settings.model()),
            settings.calibration().texts(),
            settings.evaluation().measured().paths())
        .flatMap(List::stream)
        .map(Storage::path)
        .toList();
  }

  private int blockEpochs(int blockCount) {
    int ofSeed =
        settings.prunings().stream()
            .flatMap(pruning -> settings.grid().levels(pruning.masks().kind()).stream())
            .mapToInt(level -> settings.reconstruction().blockEpochs(level, blockCount))
            .sum();
    return ofSeed * settings.seeds().size();
  }
}
