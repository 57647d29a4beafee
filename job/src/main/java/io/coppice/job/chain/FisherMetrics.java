package io.coppice.job.chain;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.model.BlockFactory;
import io.coppice.prune.Hessian;
import io.coppice.reconstruct.ErrorMetric;
import io.coppice.reconstruct.WindowSet;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Finds the metrics of all boundaries behind a block ({@link ErrorMetric}): takes the training
 * windows back through the dense model, and then, in a task for each boundary, sums the outer
 * products of the gradients, in the order of windows. Those that an earlier run has written are
 * taken over. Lives on the driver.
 *
 * <p>Memory of a task of the second kind: the sums, 8 · H² bytes of heap; off-heap the metric, 4 ·
 * H² bytes, a micro-batch of gradients, and what {@link Hessian} takes.
 */
public final class FisherMetrics {
  private FisherMetrics() {}

  /**
   * The files of boundaries 1 to L.
   *
   * @param passes over the windows
   * @param boundaries the dense chain's activations
   * @param folder receives the files
   * @param seed decides the labels
   * @param progress is told of files that are taken over
   */
  static List<MetricFile> run(
      ModelOnCluster dense,
      Passes passes,
      List<BoundaryActivations> boundaries,
      Path folder,
      long seed,
      Progress progress) {
    List<MetricFile> files =
        IntStream.range(1, boundaries.size())
            .mapToObj(boundary -> MetricFile.of(folder, boundary, dense.hadoop()))
            .toList();
    List<Integer> missing =
        IntStream.range(1, boundaries.size())
            .filter(boundary -> !files.get(boundary - 1).exists())
            .boxed()
            .toList();
    if (missing.size() < files.size()) {
      progress.report(
          new ProgressEvent.TakenOver(
              files.size() - missing.size(), files.size(), "metrics of errors", 0));
    }
    if (missing.isEmpty()) {
      return files;
    }
    Engine engine = passes.cluster().engine();
    WindowSet windows = passes.windows().training();
    GradientPass pass = new GradientPass(dense, boundaries, passes.store(), windows, engine, seed);
    JavaSparkContext spark = passes.cluster().spark();
    List<Integer> groups = IntStream.range(0, pass.groups()).boxed().toList();
    List<byte[][]> pieces = spark.parallelize(groups, groups.size()).map(pass::run).collect();
    // Of all, so that none is left behind where the store has kept them in files.
    List<BoundaryActivations> gradients = new ArrayList<>();
    for (int boundary = 1; boundary < boundaries.size(); boundary++) {
      gradients.add(pass.publish(boundary, pieces));
    }
    Sums sums = new Sums(dense, gradients, files, passes.windows().length(), windows, engine);
    spark.parallelize(missing, missing.size()).foreach(sums::run);
    gradients.forEach(BoundaryActivations::release);
    return files;
  }

  /** Bytes of heap of a task that sums. */
  public static long heapBytes(int hiddenSize) {
    return Hessian.heapBytes(hiddenSize);
  }

  /**
   * Allocates the memory of the tasks of either kind, one after the other.
   *
   * @param perGroup the most windows that a task takes back
   * @param windows all that are taken back
   */
  public static void reserve(BlockFactory factory, int perGroup, int windows, Arena arena) {
    try (Arena scope = arena.scope("a pass back")) {
      GradientPass.reserve(factory, perGroup, scope);
    }
    try (Arena scope = arena.scope("sums")) {
      new Summing("gradients", factory, windows, scope);
    }
  }

  /** The memory of a task that sums. */
  private record Summing(Hessian sums, Tensor matrix, Tensor gradients) {
    Summing(String name, BlockFactory factory, int windows, Arena arena) {
      this(
          new Hessian(name, factory.model().hiddenSize(), factory.blas(), arena),
          arena.tensor(factory.model().hiddenSize(), factory.model().hiddenSize()),
          factory.activations(factory.microBatch(windows), arena));
    }
  }

  /**
   * Sums the gradients of a boundary, and writes its metric.
   *
   * @param gradients by boundary, from 1
   * @param files of the metrics, from 1
   * @param length T, tokens of a window
   */
  private record Sums(
      ModelOnCluster dense,
      List<BoundaryActivations> gradients,
      List<MetricFile> files,
      int length,
      WindowSet windows,
      Engine engine)
      implements Serializable {

    void run(int boundary) {
      Blas blas = engine.blas();
      BlockFactory factory = new BlockFactory(dense.model(), blas, length);
      String name = "The gradients after block " + (boundary - 1);
      try (Arena arena = Arena.unbounded(name);
          BoundaryActivations.Reader reader = gradients.get(boundary - 1).open()) {
        Summing memory = new Summing(name, factory, windows.count(), arena);
        try (Hessian sums = memory.sums()) {
          int microBatch = factory.microBatch(windows.count());
          for (int first = windows.first(); first < windows.end(); first += microBatch) {
            int count = Math.min(microBatch, windows.end() - first);
            Tensor read = factory.windows(memory.gradients(), 0, count);
            reader.readFrom(first, length, read);
            sums.accumulate(read, count);
          }
          ErrorMetric.make(sums, memory.matrix());
        }
        files.get(boundary - 1).write(memory.matrix());
      }
    }
  }
}
