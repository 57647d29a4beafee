package io.coppice.job.generation;

import io.coppice.generate.Language;
import io.coppice.generate.TextWriter;
import io.coppice.generate.WindowWriter;
import io.coppice.job.cli.SelfGeneratedSettings;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.SharedModel;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.work.JsonFile;
import io.coppice.seed.Seeds;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Lets the dense model write calibration windows, a task per {@link TextWriter#GROUP} of them;
 * lives on the driver.
 *
 * @param folder where each group is kept, for a run that goes on with it
 */
public record SelfGeneration(
    JavaSparkContext spark, ModelOnCluster dense, Engine engine, Path folder) {
  /** Keeps these seeds apart from those of blocks and windows. */
  private static final long PURPOSE = 0x5e1f;

  /**
   * What was written.
   *
   * @param windows n × T token ids
   * @param documents texts in them
   * @param rejected openings that were thrown away
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Written(int[][] windows, int documents, int rejected) {
    /** Nothing, where none is wanted. */
    public static Written none() {
      return new Written(new int[0][], 0, 0);
    }

    /** What is told of it. */
    public Summary summary() {
      double share = documents == 0 ? 0 : rejected / (double) (documents + rejected);
      return new Summary(windows.length, documents, share);
    }
  }

  /**
   * What the dense model wrote.
   *
   * @param windows that were trained on
   * @param documents in them
   * @param rejectedShare of all openings, those that were not in the language
   */
  public record Summary(int windows, int documents, double rejectedShare) {}

  /** What a task returns. */
  public record GroupWindows(int group, WindowWriter.Filled filled) implements Serializable {}

  /**
   * Fails early where text is wanted in a language that cannot be recognised.
   *
   * @throws io.coppice.failure.UsageException if so
   */
  public static void requireLanguage(SelfGeneratedSettings settings) {
    if (settings.windows() > 0) {
      Language.of(settings.language());
    }
  }

  /** Writes all windows that are wanted, at least one, but for what is finished. */
  public Written write(
      SelfGeneratedSettings settings, int sequenceLength, long seed, Progress progress) {
    int groups = (settings.windows() + TextWriter.GROUP - 1) / TextWriter.GROUP;
    List<GroupWindows> finished =
        IntStream.range(0, groups).boxed().flatMap(group -> finished(group).stream()).toList();
    Set<Integer> numbers = finished.stream().map(GroupWindows::group).collect(Collectors.toSet());
    List<Integer> pending =
        IntStream.range(0, groups).filter(group -> !numbers.contains(group)).boxed().toList();
    if (!finished.isEmpty()) {
      progress.report(new ProgressEvent.TakenOver(finished.size(), groups, "groups of texts", 0));
    }
    List<GroupWindows> written =
        pending.isEmpty()
            ? List.of()
            : write(pending, groups, settings, sequenceLength, seed, progress);
    List<WindowWriter.Filled> filled =
        Stream.concat(finished.stream(), written.stream())
            .sorted(Comparator.comparingInt(GroupWindows::group))
            .map(GroupWindows::filled)
            .toList();
    return new Written(
        filled.stream().flatMap(group -> Stream.of(group.windows())).toArray(int[][]::new),
        filled.stream().mapToInt(WindowWriter.Filled::documents).sum(),
        filled.stream().mapToInt(WindowWriter.Filled::rejected).sum());
  }

  private Optional<GroupWindows> finished(int group) {
    return JsonFile.read(file(folder, group), GroupWindows.class, dense.hadoop().configuration());
  }

  private static Path file(Path folder, int group) {
    return new Path(folder, String.format(Locale.ROOT, "windows-%06d.json", group));
  }

  private List<GroupWindows> write(
      List<Integer> pending,
      int groups,
      SelfGeneratedSettings settings,
      int sequenceLength,
      long seed,
      Progress progress) {
    Language language = Language.of(settings.language());
    ModelWriting.requireMemory(spark, dense.model(), sequenceLength);
    SharedModel model = new SharedModel(dense);
    Broadcast<SharedModel> weights = spark.broadcast(model);
    ModelWriting writing = new ModelWriting(weights, dense, language, 1, sequenceLength, engine);
    long ownSeed = Seeds.mix(seed, PURPOSE);
    String texts = folder.toString();
    HadoopSettings hadoop = dense.hadoop();
    try (ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
      ProgressAccumulator sink = events.accumulator();
      return spark
          .parallelize(pending, pending.size())
          .map(
              group -> {
                int first = group * TextWriter.GROUP;
                int count = Math.min(TextWriter.GROUP, settings.windows() - first);
                GroupWindows filled =
                    new GroupWindows(
                        group, fill(writing, sequenceLength, ownSeed, group, groups, count, sink));
                JsonFile.write(file(new Path(texts), group), filled, hadoop.configuration());
                return filled;
              })
          .collect();
    } finally {
      model.freeIfIdle();
      weights.destroy();
    }
  }

  private static WindowWriter.Filled fill(
      ModelWriting writing,
      int sequenceLength,
      long seed,
      int group,
      int groups,
      int count,
      ProgressAccumulator sink) {
    long begun = System.nanoTime();
    WindowWriter.Filled filled =
        writing.run(
            (writer, openings, tokenizer) ->
                new WindowWriter(writer, tokenizer.roles(), sequenceLength)
                    .fill(openings, TextWriter.GROUP, count, seed, group * TextWriter.GROUP));
    sink.add(
        new ProgressEvent.TextsWritten(
            group,
            groups,
            new ProgressEvent.TextsWritten.Amount(
                filled.documents(), (long) count * sequenceLength, filled.rejected()),
            (System.nanoTime() - begun) / 1e9));
    return filled;
  }
}
