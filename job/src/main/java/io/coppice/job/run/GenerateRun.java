package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.generate.Language;
import io.coppice.job.calibration.TextReader;
import io.coppice.job.cli.GenerateSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.SharedModel;
import io.coppice.job.generation.ModelWriting;
import io.coppice.job.generation.SampleGroups;
import io.coppice.job.generation.SampleTask;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;

/**
 * {@code generate}: the dense model writes texts, a task per group of them, which are put together
 * in one file. Lives on the driver.
 */
public final class GenerateRun {
  /** Options that a text does not depend on. */
  private static final Set<String> WITHOUT_EFFECT_ON_BLOCKS =
      Set.of("output", "work-dir", "overwrite", "restart", "require-native");

  private final GenerateSettings settings;
  private final ResolvedConfiguration configuration;
  private final Configuration hadoop;
  private final Progress progress;

  public GenerateRun(
      GenerateSettings settings,
      ResolvedConfiguration configuration,
      Configuration hadoop,
      Progress progress) {
    this.settings = settings;
    this.configuration = configuration;
    this.hadoop = hadoop;
    this.progress = progress;
  }

  /**
   * What came of it.
   *
   * @param texts in the file
   * @param tokens of them together
   * @param dropped for their perplexity
   * @param rejected openings that were thrown away
   * @param meanPerplexity of the texts in the file, by the model itself
   */
  public record Summary(
      int texts, long tokens, int dropped, long rejected, double meanPerplexity) {}

  /**
   * Runs to the finished file.
   *
   * @param start starts Spark; called when all that can be checked without it has been
   * @throws UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  public Summary run(Supplier<SparkSession> start) {
    Stages stages = new Stages(progress);
    ModelOnCluster dense = ModelOnCluster.open(settings.model(), hadoop);
    int maxLength = maxLength(dense.model().maxPositions());
    Language language = Language.of(settings.language());
    OutputFile output =
        new OutputFile(
            Storage.path(settings.output().path()), settings.output().overwrite(), hadoop);
    output.requireWritable(settings.prefixes());
    WritablePlace.require("work folder", Storage.path(settings.output().workDir()), hadoop);
    SparkSession session = start.get();
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    Engine engine = Engine.of(spark, settings.requireNative());
    engine.blas();
    ModelWriting.requireMemory(spark, dense.model(), maxLength);
    Optional<CalibrationWindows> prefixes =
        settings.prefixes().isEmpty()
            ? Optional.empty()
            : Optional.of(stages.run("prefixes", () -> prefixes(session, dense)));
    SampleGroups groups = new SampleGroups(settings.written(), settings.seed());
    try (WorkFolder work =
        WorkFolder.open(
            settings.output(), dependencies(dense, maxLength, prefixes), hadoop, progress)) {
      stages.perform(
          "text", () -> write(spark, dense, engine, language, maxLength, prefixes, groups, work));
      Summary summary = stages.run("one file", () -> join(groups, work, output));
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

  private CalibrationWindows prefixes(SparkSession session, ModelOnCluster dense) {
    return new TextReader(session, settings.textField())
        .windows(
            settings.prefixes(),
            WindowRequest.beginnings(settings.written(), settings.prefixTokens(), settings.seed()),
            dense.encoder())
        .windows();
  }

  /** All that the texts depend on, but for the CPU. */
  private ResolvedConfiguration dependencies(
      ModelOnCluster dense, int maxLength, Optional<CalibrationWindows> prefixes) {
    ResolvedConfiguration all =
        configuration
            .without(WITHOUT_EFFECT_ON_BLOCKS)
            .with("max-length", maxLength)
            .with(RunInputs.of(dense));
    return prefixes
        .map(windows -> all.with("text of the prefixes", windows.fingerprint()))
        .orElse(all);
  }

  /** Writes the groups that are not finished. */
  private void write(
      JavaSparkContext spark,
      ModelOnCluster dense,
      Engine engine,
      Language language,
      int maxLength,
      Optional<CalibrationWindows> prefixes,
      SampleGroups groups,
      WorkFolder work) {
    Set<String> finished = work.finished(WorkFolder.TEXTS);
    List<Integer> pending =
        IntStream.range(0, groups.count())
            .filter(group -> !finished.contains(SampleGroups.fileName(group)))
            .boxed()
            .toList();
    if (pending.size() < groups.count()) {
      progress.report(
          new ProgressEvent.TakenOver(
              groups.count() - pending.size(), groups.count(), "groups of texts", 0));
    }
    if (pending.isEmpty()) {
      return;
    }
    SharedModel model = new SharedModel(dense);
    Broadcast<SharedModel> weights = spark.broadcast(model);
    Broadcast<int[][]> tokens =
        spark.broadcast(prefixes.map(CalibrationWindows::calibration).orElse(new int[0][]));
    ModelWriting writing =
        new ModelWriting(weights, dense, language, settings.temperature(), maxLength, engine);
    SampleTask task =
        new SampleTask(
            writing, groups, tokens, work.path(WorkFolder.TEXTS).toString(), dense.hadoop());
    try (ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
      ProgressAccumulator sink = events.accumulator();
      spark.parallelize(pending, pending.size()).foreach(group -> sink.add(task.run(group)));
    } finally {
      model.freeIfIdle();
      weights.destroy();
      tokens.destroy();
    }
  }

  /** Copies the texts that stay, in the order of their index. */
  private Summary join(SampleGroups groups, WorkFolder work, OutputFile file) {
    Path folder = work.path(WorkFolder.TEXTS);
    double[] perplexities = new double[groups.texts()];
    long[] rejected = new long[1];
    for (int group = 0; group < groups.count(); group++) {
      groups.read(
          new Path(folder, SampleGroups.fileName(group)),
          hadoop,
          line -> {
            perplexities[line.index()] = line.perplexity();
            rejected[0] += line.rejected();
          });
    }
    boolean[] kept = lowest(perplexities, settings.samples());
    long[] tokens = new long[1];
    try (AtomicFile output = AtomicFile.create(file.path(), hadoop)) {
      for (int group = 0; group < groups.count(); group++) {
        groups.read(
            new Path(folder, SampleGroups.fileName(group)),
            hadoop,
            line -> {
              if (kept[line.index()]) {
                byte[] bytes = (line.json() + "\n").getBytes(StandardCharsets.UTF_8);
                output.write(bytes, 0, bytes.length);
                tokens[0] += line.tokens();
              }
            });
      }
      file.requireFree(settings.prefixes());
      work.requireHeld();
      output.commit();
    }
    return new Summary(
        settings.samples(),
        tokens[0],
        groups.texts() - settings.samples(),
        rejected[0],
        IntStream.range(0, kept.length)
            .filter(i -> kept[i])
            .mapToDouble(i -> perplexities[i])
            .average()
            .orElse(Double.NaN));
  }

  /** Which of the values are among the {@code count} lowest; of equals the first. */
  static boolean[] lowest(double[] values, int count) {
    boolean[] lowest = new boolean[values.length];
    IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> Double.compare(values[a], values[b]))
        .limit(count)
        .forEach(i -> lowest[i] = true);
    return lowest;
  }
}
