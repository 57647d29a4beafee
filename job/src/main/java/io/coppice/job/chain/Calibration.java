package io.coppice.job.chain;

import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.chain.ChainPass.Keep;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.chain.activations.GroupedStore;
import io.coppice.job.chain.activations.StoreChoice;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cli.ActivationSettings;
import io.coppice.job.cli.CalibrationSettings;
import io.coppice.job.cli.SelfGeneratedSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.generation.SelfGeneration;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.Stages;
import io.coppice.job.schedule.Span;
import io.coppice.job.work.WorkFolder;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.reconstruct.Windows;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;

/**
 * Draws windows of text, lets the dense model write more if asked to, takes all of them through the
 * model, and finds the metrics of errors if asked to. Lives on the driver.
 */
public final class Calibration {
  private final Cluster cluster;
  private final ModelOnCluster dense;
  private final Path workFolder;
  private final Progress progress;
  private final Stages stages;

  /**
   * @param workFolder receives activations that memory cannot hold, texts that the model writes,
   *     and metrics; texts and metrics that an earlier run has finished there are taken over
   */
  public Calibration(Cluster cluster, ModelOnCluster dense, Path workFolder, Progress progress) {
    this.cluster = cluster;
    this.dense = dense;
    this.workFolder = workFolder;
    this.progress = progress;
    stages = new Stages(progress);
  }

  /**
   * The windows that are asked for.
   *
   * @param text that calibrates
   * @param selfGenerated windows that the dense model writes, to be trained on too
   * @param activations the store and type of their activations
   * @param metrics whether the metrics of errors are to be found
   * @param seed chooses the windows
   */
  public record Request(
      CalibrationSettings text,
      SelfGeneratedSettings selfGenerated,
      ActivationSettings activations,
      boolean metrics,
      long seed) {}

  /**
   * Runs all stages up to the dense pass, and that of metrics where they are asked for.
   *
   * @throws io.coppice.failure.InvalidDataException if the text is too little or the model broken
   */
  public CalibratedModel run(Request request) {
    int sequenceLength = request.text().sequenceLength().resolve(dense.model().maxPositions());
    ParallelTextReader.Drawn given =
        stages.run("calibration", () -> givenWindows(request, sequenceLength));
    SelfGeneration.Written written = writtenWindows(request, sequenceLength);
    CalibrationWindows windows = given.windows().withSelfGenerated(written.windows());
    Passes passes = passes(request.activations(), windows);
    List<BoundaryActivations> boundaries =
        stages.run("dense pass", () -> densePass(passes, windows));
    return new CalibratedModel(
        dense,
        new CalibratedModel.Text(windows, given.read(), written.summary()),
        passes,
        boundaries,
        request.metrics()
            ? stages.run("metric of errors", () -> metrics(passes, boundaries, request.seed()))
            : List.of());
  }

  private ParallelTextReader.Drawn givenWindows(Request request, int sequenceLength) {
    CalibrationSettings text = request.text();
    return new ParallelTextReader(cluster.session(), text.textField())
        .windows(
            text.texts(),
            new WindowRequest(
                    text.samples(),
                    text.heldOutSamples(),
                    sequenceLength,
                    request.seed(),
                    text.pack() ? WindowRequest.Cut.PACKED : WindowRequest.Cut.ANYWHERE)
                .withHeldOutAtLeast(text.heldOutNeeded()),
            dense.encoder());
  }

  private SelfGeneration.Written writtenWindows(Request request, int sequenceLength) {
    if (request.selfGenerated().windows() == 0) {
      return SelfGeneration.Written.none();
    }
    SelfGeneration generation =
        new SelfGeneration(cluster, dense, new Path(workFolder, WorkFolder.TEXTS));
    SelfGeneration.Written all =
        stages.run(
            "self-generated text",
            () ->
                generation.write(
                    request.selfGenerated(), sequenceLength, request.seed(), progress));
    int wanted = request.selfGenerated().windows();
    return all.windows().length == wanted
        ? all
        : stages.run(
            "perplexity of self-generated text",
            () ->
                all.best(
                    wanted, PerplexityPass.losses(cluster, dense, dense, all.windows()).means()));
  }

  private Passes passes(ActivationSettings activations, CalibrationWindows windows) {
    LanguageModel model = dense.model();
    Windows numbered =
        new Windows(
            windows.calibration().length,
            windows.selfGenerated().length,
            windows.heldOut().length,
            windows.sequenceLength());
    WindowGroups groups =
        WindowGroups.of(
            numbered.all().count(),
            numbered.length(),
            model.hiddenSize(),
            cluster.spark().defaultParallelism());
    GroupedStore store =
        new GroupedStore(
            StoreChoice.of(
                cluster,
                activations,
                StoreChoice.chainBytes(
                    activations.type(cluster.engine().precision()),
                    groups,
                    model.hiddenSize(),
                    model.blockCount()),
                new Path(workFolder, WorkFolder.ACTIVATIONS).toString(),
                dense.hadoop()),
            groups);
    return new Passes(cluster, model, numbered, store);
  }

  /** The dense chain, from the embedded tokens through all blocks: boundaries 0 to L. */
  private List<BoundaryActivations> densePass(Passes passes, CalibrationWindows windows) {
    requireFinite(dense);
    Broadcast<int[][]> tokens = cluster.spark().broadcast(windows.all());
    Span all = new Span(0, dense.model().blockCount());
    List<BoundaryActivations> boundaries =
        passes
            .run(dense, new ChainPass.Way("dense", all, embedding(tokens), Keep.ALL, List.of()))
            .boundaries();
    tokens.destroy();
    return boundaries;
  }

  private List<MetricFile> metrics(Passes passes, List<BoundaryActivations> boundaries, long seed) {
    return FisherMetrics.run(
        dense, passes, boundaries, new Path(workFolder, WorkFolder.METRICS), seed, progress);
  }

  private ChainPass.Start embedding(Broadcast<int[][]> tokens) {
    ModelOnCluster model = dense;
    Engine engine = cluster.engine();
    return (first, activations) -> {
      int length = tokens.value()[0].length;
      int[] ids =
          Stream.of(tokens.value())
              .skip(first)
              .limit(activations.rows() / length)
              .flatMapToInt(IntStream::of)
              .toArray();
      model.embed(ids, length, activations, engine.blas());
    };
  }

  /** Checks the tensors that pruning does not read and would only copy. */
  private void requireFinite(ModelOnCluster model) {
    LanguageModel shapes = model.model();
    List<String> tensors =
        Stream.concat(
                shapes.outerWeights().stream().map(WeightShape::name), Stream.of(shapes.headName()))
            .filter(name -> !name.equals(shapes.embeddingName()))
            .toList();
    cluster.spark().parallelize(tensors, tensors.size()).foreach(model::requireFinite);
  }
}
