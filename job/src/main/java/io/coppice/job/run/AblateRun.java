package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.Calibration;
import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
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
import java.util.Map;
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
            settings.evaluation(), settings.evaluation().sequenceLength().resolve(positions));
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
      TextPerplexities perplexities = TextPerplexities.read(cluster, dense, texts);
      Map<String, Double> densePerplexities =
          stages.run("evaluation of the dense model", () -> perplexities.of(dense));
      stages.report(new ProgressEvent.RunPlanned(blockEpochs(dense.model().blockCount())));
      List<Measurement> measurements = new ArrayList<>();
      for (long seed : settings.seeds()) {
        Path folder = new Path(work.path(WorkFolder.ABLATION), "seed-" + seed);
        measurements.addAll(measure(perplexities, prunings, seed, folder));
      }
      Ablation ablation =
          new Ablation(environment.configuration(), settings, densePerplexities, measurements);
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
      TextPerplexities perplexities, List<SeedAblation.Pruning> prunings, long seed, Path folder) {
    List<Measurement> measurements;
    Calibration calibration =
        new Calibration(
            perplexities.cluster(), perplexities.dense(), folder, environment.progress());
    try (CalibratedModel calibrated =
        calibration.run(
            new Calibration.Request(
                settings.calibration(), settings.selfGenerated(), settings.activations(), seed))) {
      measurements =
          new SeedAblation(environment, settings.reconstruction(), calibrated, perplexities, seed)
              .run(prunings, folder);
    }
    Storage.delete(folder, environment.hadoop());
    return measurements;
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

  private int blockEpochs(int blockCount) {
    return settings.reconstruction().blockEpochs(blockCount)
        * settings.prunings().size()
        * settings.seeds().size();
  }
}
