package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.generate.Language;
import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.cli.GenerateSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.ModelWriting;
import io.coppice.job.generation.SampleGeneration;
import io.coppice.job.generation.SampleGroups;
import io.coppice.job.generation.WritingSettings;
import io.coppice.job.generation.WrittenSamples;
import io.coppice.job.progress.Stages;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * {@code generate}: lets the dense model write texts, a task for each group of them, and joins them
 * in one file. Lives on the driver.
 */
public final class GenerateRun {
  /** Options that a text does not depend on. */
  private static final Set<String> WITHOUT_EFFECT_ON_TEXTS =
      Set.of("output", "work-dir", "overwrite", "restart", "require-native", "threads");

  private final GenerateSettings settings;
  private final RunEnvironment environment;
  private final Stages stages;

  public GenerateRun(GenerateSettings settings, RunEnvironment environment) {
    this.settings = settings;
    this.environment = environment;
    stages = environment.stages();
  }

  /**
   * Counts of a finished run.
   *
   * @param texts in the file
   * @param tokens of them together
   * @param dropped for their perplexity
   * @param rejected openings that were discarded
   * @param meanPerplexity of the texts in the file, by the model itself
   */
  public record Summary(
      int texts, long tokens, int dropped, long rejected, double meanPerplexity) {}

  /**
   * Runs to the finished file.
   *
   * @throws UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  public Summary run() {
    ModelOnCluster dense = environment.model(settings.model());
    int maxLength = maxLength(dense.model().maxPositions());
    WritingSettings writing =
        new WritingSettings(Language.of(settings.language()), settings.temperature(), maxLength);
    OutputFile output =
        new OutputFile(
            Storage.path(settings.output().path()),
            settings.output().overwrite() ? ReplaceableFile.ANYTHING : ReplaceableFile.NOTHING,
            environment.hadoop());
    output.requireWritable(settings.prefixes());
    WritablePlace.require(
        "work folder", Storage.path(settings.output().workDir()), environment.hadoop());
    Cluster cluster = environment.start(settings.engine());
    ModelWriting.requireMemory(cluster.spark(), dense.model(), maxLength);
    Optional<CalibrationWindows> prefixes =
        settings.prefixes().isEmpty()
            ? Optional.empty()
            : Optional.of(stages.run("prefixes", () -> prefixes(cluster, dense)));
    SampleGroups groups = new SampleGroups(settings.written(), settings.seed());
    ResolvedConfiguration identity = dependencies(dense, maxLength, prefixes);
    try (WorkFolder work = environment.work(settings.output(), identity)) {
      Path texts = work.path(WorkFolder.TEXTS);
      SampleGeneration generation = new SampleGeneration(cluster, dense, writing, groups);
      stages.perform(
          "text",
          () ->
              generation.write(
                  texts,
                  work.finished(WorkFolder.TEXTS),
                  prefixes.map(CalibrationWindows::calibration).orElse(new int[0][]),
                  environment.progress()));
      WrittenSamples written = new WrittenSamples(groups, texts, environment.hadoop());
      Summary summary = stages.run("one file", () -> join(written, work, output));
      work.done();
      return summary;
    }
  }

  private int maxLength(int positions) {
    int maxLength = settings.maxLength().resolve(positions, "--max-length");
    if (settings.prefixTokens() >= maxLength) {
      throw new UsageException(
          "--prefix-tokens %d leave nothing to write of --max-length %d; lower the one or raise the other"
              .formatted(settings.prefixTokens(), maxLength));
    }
    return maxLength;
  }

  private CalibrationWindows prefixes(Cluster cluster, ModelOnCluster dense) {
    return new ParallelTextReader(cluster.session(), settings.textField())
        .windows(
            settings.prefixes(),
            WindowRequest.beginnings(settings.written(), settings.prefixTokens(), settings.seed()),
            dense.encoder())
        .windows();
  }

  /** Everything that the texts depend on, except the CPU. */
  private ResolvedConfiguration dependencies(
      ModelOnCluster dense, int maxLength, Optional<CalibrationWindows> prefixes) {
    ResolvedConfiguration all =
        environment
            .configuration()
            .without(WITHOUT_EFFECT_ON_TEXTS)
            .with("max-length", maxLength)
            .with(InputStamps.of(dense));
    return prefixes
        .map(windows -> all.with("text of the prefixes", windows.fingerprint()))
        .orElse(all);
  }

  /** Copies the texts that are kept into the output file. */
  private Summary join(WrittenSamples written, WorkFolder work, OutputFile file) {
    WrittenSamples.Choice choice = written.choose(settings.samples());
    try (AtomicFile output = AtomicFile.create(file.path(), environment.hadoop())) {
      long tokens = written.copy(choice.kept(), output);
      file.requireFree(settings.prefixes());
      work.requireHeld();
      output.commit();
      return new Summary(
          settings.samples(),
          tokens,
          settings.written() - settings.samples(),
          choice.rejected(),
          choice.meanPerplexity());
    }
  }
}
