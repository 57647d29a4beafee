package io.coppice.job.chain;

import io.coppice.job.activations.ActivationStore;
import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.activations.StoreChoice;
import io.coppice.job.activations.WindowGroups;
import io.coppice.job.calibration.TextReader;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.ActivationSettings;
import io.coppice.job.config.CalibrationSettings;
import io.coppice.job.config.SelfGeneratedSettings;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.Stages;
import io.coppice.job.text.TextCount;
import io.coppice.job.work.WorkFolder;
import io.coppice.model.BlockSource;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;

/**
 * A dense model, windows of text, and the model's activations on them: what all reconstructions of
 * a run share. Lives on the driver.
 *
 * @param dense the dense model
 * @param windows of calibration and held-out text
 * @param text all that was read to draw them from
 * @param selfGenerated what the dense model wrote for them
 * @param passes run chains over the windows
 * @param boundaries the dense chain's activations at boundaries 0 to L
 * @param store where activations are kept, in words
 * @param engine how tasks compute
 */
public record CalibratedModel(
    JavaSparkContext spark,
    ModelOnCluster dense,
    CalibrationWindows windows,
    TextCount text,
    SelfGeneration.Summary selfGenerated,
    Passes passes,
    List<BoundaryActivations> boundaries,
    String store,
    Engine engine)
    implements AutoCloseable {
  public CalibratedModel {
    boundaries = List.copyOf(boundaries);
  }

  /**
   * Draws the windows and takes them through the dense model.
   *
   * @param selfGenerated windows that the dense model writes, to be trained on too
   * @param seed chooses the windows
   * @param workFolder where activations go that memory does not hold, and texts that the model
   *     writes; those that a run before this one has finished there are taken over
   * @throws io.coppice.failure.InvalidDataException if the text is too little or the model broken
   */
  public static CalibratedModel prepare(
      SparkSession session,
      ModelOnCluster dense,
      CalibrationSettings calibration,
      SelfGeneratedSettings selfGenerated,
      ActivationSettings activations,
      long seed,
      Engine engine,
      Path workFolder,
      Progress progress) {
    Stages stages = new Stages(progress);
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    LanguageModel model = dense.model();
    int sequenceLength = calibration.sequenceLength().resolve(model.maxPositions());
    TextReader.Drawn given =
        stages.run(
            "calibration",
            () ->
                new TextReader(session, calibration.textField())
                    .windows(
                        calibration.texts(),
                        new WindowRequest(
                                calibration.samples(),
                                calibration.heldOutSamples(),
                                sequenceLength,
                                seed,
                                calibration.pack())
                            .withHeldOutAtLeast(calibration.heldOutNeeded()),
                        dense.encoder()));
    SelfGeneration.Written written =
        selfGenerated.windows() == 0
            ? SelfGeneration.Written.none()
            : stages.run(
                "self-generated text",
                () ->
                    new SelfGeneration(spark, dense, engine, new Path(workFolder, WorkFolder.TEXTS))
                        .write(selfGenerated, sequenceLength, seed, progress));
    CalibrationWindows windows = given.windows().withSelfGenerated(written.windows());
    WindowGroups groups =
        WindowGroups.of(
            windows.all().length, sequenceLength, model.hiddenSize(), spark.defaultParallelism());
    ActivationStore store =
        StoreChoice.of(
            spark,
            activations,
            StoreChoice.chainBytes(activations, groups, model.hiddenSize(), model.blockCount()),
            new Path(workFolder, WorkFolder.ACTIVATIONS).toString(),
            dense.hadoop());
    Passes passes = new Passes(spark, model, store, groups, engine, windows.training());
    List<BoundaryActivations> boundaries =
        stages.run("dense pass", () -> densePass(spark, passes, dense, windows, engine));
    return new CalibratedModel(
        spark,
        dense,
        windows,
        given.read(),
        written.summary(),
        passes,
        boundaries,
        store.description(),
        engine);
  }

  private static List<BoundaryActivations> densePass(
      JavaSparkContext spark,
      Passes passes,
      ModelOnCluster dense,
      CalibrationWindows windows,
      Engine engine) {
    requireFinite(spark, dense);
    Broadcast<int[][]> tokens = spark.broadcast(windows.all());
    ChainPass.Start embedding =
        (first, activations) -> {
          int length = tokens.value()[0].length;
          int count = activations.rows() / length;
          int[] ids =
              Stream.of(tokens.value())
                  .skip(first)
                  .limit(count)
                  .flatMapToInt(IntStream::of)
                  .toArray();
          dense.embed(ids, length, activations, engine.blas());
        };
    List<BoundaryActivations> boundaries = passes.dense(dense, embedding);
    tokens.destroy();
    return boundaries;
  }

  /** Looks at what pruning has no use for and would only copy. */
  private static void requireFinite(JavaSparkContext spark, ModelOnCluster dense) {
    LanguageModel model = dense.model();
    List<String> tensors =
        Stream.concat(
                model.outerWeights().stream().map(WeightShape::name), Stream.of(model.headName()))
            .filter(name -> !name.equals(model.embeddingName()))
            .toList();
    spark.parallelize(tensors, tensors.size()).foreach(dense::requireFinite);
  }

  /** The number of blocks, L. */
  public int blockCount() {
    return dense.model().blockCount();
  }

  /**
   * Perplexity on the held-out windows of the dense model with other blocks; NaN where nothing is
   * held out.
   */
  public double heldOutPerplexity(BlockSource blocks) {
    return windows.heldOut().length == 0
        ? Double.NaN
        : PerplexityPass.perplexity(spark, dense, blocks, windows.heldOut(), engine);
  }

  /** Gives up the activations. */
  @Override
  public void close() {
    boundaries.forEach(BoundaryActivations::release);
  }
}
