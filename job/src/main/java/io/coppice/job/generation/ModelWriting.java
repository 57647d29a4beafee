package io.coppice.job.generation;

import io.coppice.generate.Openings;
import io.coppice.generate.TextWriter;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.OffHeapMemory;
import io.coppice.job.cluster.SharedModel;
import io.coppice.model.IncrementalDecoder;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.text.Tokenizer;
import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * The means of a task that lets the dense model write a group of texts.
 *
 * <p>Memory: an executor holds the model once in float32, 4 bytes a weight; each of its tasks the
 * keys and values of {@link TextWriter#GROUP} texts.
 *
 * @param weights the model, read once by each executor
 * @param settings the kind of text
 */
public record ModelWriting(
    Broadcast<SharedModel> weights, ModelOnCluster source, WritingSettings settings, Engine engine)
    implements Serializable {

  /** Work for a writer. */
  @FunctionalInterface
  interface Work<R> {
    R run(TextWriter writer, Openings.ByChance openings, Tokenizer tokenizer);
  }

  /**
   * Fails, before anything is done, if executors are sure to have too little memory.
   *
   * @param maxLength the most tokens of a text
   * @throws io.coppice.failure.UsageException if so
   */
  public static void requireMemory(JavaSparkContext spark, LanguageModel model, int maxLength) {
    int cores =
        spark.isLocal()
            ? spark.defaultParallelism()
            : spark.getConf().getInt("spark.executor.cores", 1);
    int tasks = Math.max(1, cores / spark.getConf().getInt("spark.task.cpus", 1));
    long needed =
        ModelInMemory.bytes(model)
            + tasks * IncrementalDecoder.bytes(model, TextWriter.GROUP, maxLength);
    OffHeapMemory.ofExecutor(spark.getConf())
        .ifPresent(
            memory ->
                memory.require(
                    "To write text, the model in float32 with the keys and values of %d task%s"
                        .formatted(tasks, tasks == 1 ? "" : "s"),
                    needed));
  }

  /** Lets a writer do some work; on an executor. */
  <R> R run(Work<R> work) {
    try (SharedModel.Lease lease = weights.value().open();
        Arena arena = Arena.unbounded("texts that the model writes");
        Tokenizer tokenizer = source.tokenizer()) {
      TextWriter writer =
          new TextWriter(
              lease.weights(),
              tokenizer.roles(),
              new TextWriter.Settings(
                  settings.temperature(), settings.maxLength(), TextWriter.GROUP),
              engine.blas(),
              arena);
      return work.run(
          writer, new Openings.ByChance(settings.language().check(), tokenizer::decode), tokenizer);
    }
  }
}
