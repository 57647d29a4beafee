package io.coppice.job.generation;

import io.coppice.generate.Language;
import io.coppice.generate.TextWriter;
import io.coppice.generate.WindowWriter;
import io.coppice.job.cli.SelfGeneratedSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.seed.Seeds;
import io.coppice.storage.JsonFile;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Lets the dense model write calibration windows, a task per {@link TextWriter#GROUP} of them;
 * lives on the driver.
 *
 * @param folder keeps each group, for a run that continues this one
 */
public record SelfGeneration(Cluster cluster, ModelOnCluster dense, Path folder) {
  /** Keeps these seeds apart from those of blocks and windows. */
  private static final long PURPOSE = 0x5e1f;

  /**
   * The windows that were written.
   *
   * @param windows n × T token ids
   * @param documents texts in them
   * @param rejected openings that were discarded
   * @param dropped windows that were written besides, and dropped for their perplexity
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Written(int[][] windows, int documents, int rejected, int dropped) {
    /** No windows, if none are wanted. */
    public static Written none() {
      return new Written(new int[0][], 0, 0, 0);
    }

    /** The figures for the run's record. */
    public Summary summary() {
      double share = documents == 0 ? 0 : rejected / (double) (documents + rejected);
      return new Summary(windows.length, documents, share, dropped);
    }

    /**
     * So many of the windows, those of the lowest perplexity, in their order; of equals the first.
     *
     * @param losses mean loss of each, by the dense model
     */
    public Written best(int count, double[] losses) {
      int[][] kept =
          IntStream.range(0, windows.length)
              .boxed()
              .sorted(Comparator.comparingDouble(window -> losses[window]))
              .limit(count)
              .sorted()
              .map(window -> windows[window])
              .toArray(int[][]::new);
      return new Written(kept, documents, rejected, windows.length - kept.length);
    }
  }

  /**
   * Figures of the text that the dense model wrote.
   *
   * @param windows number of windows that were trained on
   * @param documents number of texts that were written
   * @param rejectedShare share of all openings that were not in the language
   * @param dropped windows that were written besides, and dropped for their perplexity
   */
  public record Summary(int windows, int documents, double rejectedShare, int dropped) {}

  /** The result of a task. */
  public record GroupWindows(int group, WindowWriter.Filled filled) implements Serializable {}

  /**
   * Fails early if text is wanted in a language that cannot be recognised.
   *
   * @throws io.coppice.failure.UsageException if so
   */
  public static void requireLanguage(SelfGeneratedSettings settings) {
    if (settings.windows() > 0) {
      Language.of(settings.language());
    }
  }

  /**
   * Writes all windows that are wanted, at least one, and more where some are to be dropped, except
   * those that are finished.
   *
   * @param sequenceLength T, tokens of a window
   * @param seed of the run
   */
  public Written write(
      SelfGeneratedSettings settings, int sequenceLength, long seed, Progress progress) {
    SelfGeneratedGroups groups =
        new SelfGeneratedGroups(settings.written(), sequenceLength, Seeds.mix(seed, PURPOSE));
    List<GroupWindows> finished =
        IntStream.range(0, groups.count())
            .boxed()
            .flatMap(group -> finished(group).stream())
            .toList();
    Set<Integer> numbers = finished.stream().map(GroupWindows::group).collect(Collectors.toSet());
    List<Integer> pending =
        IntStream.range(0, groups.count())
            .filter(group -> !numbers.contains(group))
            .boxed()
            .toList();
    if (!finished.isEmpty()) {
      progress.report(
          new ProgressEvent.TakenOver(finished.size(), groups.count(), "groups of texts", 0));
    }
    List<GroupWindows> written =
        pending.isEmpty()
            ? List.of()
            : inTasks(pending, groups, Language.of(settings.language()), progress);
    List<WindowWriter.Filled> filled =
        Stream.concat(finished.stream(), written.stream())
            .sorted(Comparator.comparingInt(GroupWindows::group))
            .map(GroupWindows::filled)
            .toList();
    return new Written(
        filled.stream().flatMap(group -> Stream.of(group.windows())).toArray(int[][]::new),
        filled.stream().mapToInt(WindowWriter.Filled::documents).sum(),
        filled.stream().mapToInt(WindowWriter.Filled::rejected).sum(),
        0);
  }

  private Optional<GroupWindows> finished(int group) {
    return JsonFile.read(
        new Path(folder, SelfGeneratedGroups.fileName(group)),
        GroupWindows.class,
        dense.hadoop().configuration());
  }

  private List<GroupWindows> inTasks(
      List<Integer> pending, SelfGeneratedGroups groups, Language language, Progress progress) {
    JavaSparkContext spark = cluster.spark();
    ModelWriting.requireMemory(spark, dense.model(), groups.sequenceLength());
    try (BroadcastModel model = new BroadcastModel(cluster, dense);
        ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
      WritingSettings settings = new WritingSettings(language, 1, groups.sequenceLength());
      ModelWriting writing = new ModelWriting(model.broadcast(), dense, settings, cluster.engine());
      SelfGenerationTask task =
          new SelfGenerationTask(writing, groups, folder.toString(), dense.hadoop());
      ProgressAccumulator sink = events.accumulator();
      return spark
          .parallelize(pending, pending.size())
          .map(group -> task.run(group, sink))
          .collect();
    }
  }
}
