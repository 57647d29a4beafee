package io.coppice.job.stage;

import io.coppice.generate.Language;
import io.coppice.generate.TextWriter;
import io.coppice.generate.WindowWriter;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.SharedModel;
import io.coppice.job.config.SelfGeneratedSettings;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.reconstruct.Seeds;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Lets the dense model write calibration windows, a task per {@link TextWriter#GROUP} of them;
 * lives on the driver.
 */
record SelfGeneration(JavaSparkContext spark, ModelOnCluster dense, Engine engine) {
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
  record Written(int[][] windows, int documents, int rejected) {
    /** Nothing, where none is wanted. */
    static Written none() {
      return new Written(new int[0][], 0, 0);
    }

    /** Share of all openings that were thrown away. */
    double rejectedShare() {
      return documents == 0 ? 0 : rejected / (double) (documents + rejected);
    }
  }

  /** What a task returns. */
  record GroupWindows(int group, WindowWriter.Filled filled) implements Serializable {}

  /**
   * Fails early where text is wanted in a language that cannot be recognised.
   *
   * @throws io.coppice.failure.UsageException if so
   */
  static void requireLanguage(SelfGeneratedSettings settings) {
    if (settings.windows() > 0) {
      Language.of(settings.language());
    }
  }

  /** Writes all windows that are wanted, at least one. */
  Written write(SelfGeneratedSettings settings, int sequenceLength, long seed, Progress progress) {
    Language language = Language.of(settings.language());
    ModelWriting.requireMemory(spark, dense.model(), sequenceLength);
    SharedModel model = new SharedModel(dense);
    Broadcast<SharedModel> weights = spark.broadcast(model);
    ModelWriting writing = new ModelWriting(weights, dense, language, 1, sequenceLength, engine);
    int groups = (settings.windows() + TextWriter.GROUP - 1) / TextWriter.GROUP;
    List<Integer> indices = IntStream.range(0, groups).boxed().toList();
    long ownSeed = Seeds.mix(seed, PURPOSE);
    try (ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
      ProgressAccumulator sink = events.accumulator();
      List<WindowWriter.Filled> filled =
          spark
              .parallelize(indices, groups)
              .map(
                  group -> {
                    int first = group * TextWriter.GROUP;
                    int count = Math.min(TextWriter.GROUP, settings.windows() - first);
                    return new GroupWindows(
                        group, fill(writing, sequenceLength, ownSeed, group, groups, count, sink));
                  })
              .collect()
              .stream()
              .sorted(Comparator.comparingInt(GroupWindows::group))
              .map(GroupWindows::filled)
              .toList();
      return new Written(
          filled.stream().flatMap(group -> Stream.of(group.windows())).toArray(int[][]::new),
          filled.stream().mapToInt(WindowWriter.Filled::documents).sum(),
          filled.stream().mapToInt(WindowWriter.Filled::rejected).sum());
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
            filled.documents(),
            (long) count * sequenceLength,
            filled.rejected(),
            (System.nanoTime() - begun) / 1e9));
    return filled;
  }
}
