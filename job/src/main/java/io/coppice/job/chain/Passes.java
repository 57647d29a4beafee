package io.coppice.job.chain;

import io.coppice.job.activations.ActivationStore;
import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.activations.WindowGroups;
import io.coppice.job.chain.ChainPass.GroupResult;
import io.coppice.job.chain.ChainPass.Keep;
import io.coppice.job.cluster.Engine;
import io.coppice.model.BlockSource;
import io.coppice.model.LanguageModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;

/** Runs passes of a chain over the cluster and publishes the boundaries; lives on the driver. */
public final class Passes {
  private final JavaSparkContext spark;
  private final LanguageModel model;
  private final ActivationStore store;
  private final WindowGroups groups;
  private final Engine engine;
  private final int calibrationWindows;

  Passes(
      JavaSparkContext spark,
      LanguageModel model,
      ActivationStore store,
      WindowGroups groups,
      Engine engine,
      int calibrationWindows) {
    this.spark = spark;
    this.model = model;
    this.store = store;
    this.groups = groups;
    this.engine = engine;
    this.calibrationWindows = calibrationWindows;
  }

  /**
   * What a pass leaves.
   *
   * @param boundaries the stored boundaries, in order
   * @param errors by block, where references were given
   */
  public record Outcome(List<BoundaryActivations> boundaries, List<ChainErrors> errors) {}

  /** The dense chain, from the embedded tokens through all blocks: boundaries 0 to L. */
  List<BoundaryActivations> dense(BlockSource blocks, ChainPass.Start embedding) {
    return run(pass("dense", 0, model.blockCount(), blocks, embedding, Keep.ALL, List.of()))
        .boundaries();
  }

  /**
   * A sparse chain, from stored activations on.
   *
   * @param start the activations at {@code firstBlock}'s input
   * @param references the dense boundaries behind each block
   */
  public Outcome sparse(
      String chain,
      int firstBlock,
      int lastBlock,
      BlockSource blocks,
      BoundaryActivations start,
      Keep keep,
      List<BoundaryActivations> references) {
    ChainPass.Start from = ChainPass.from(start, groups.sequenceLength());
    return run(pass(chain, firstBlock, lastBlock, blocks, from, keep, references));
  }

  private ChainPass pass(
      String chain,
      int firstBlock,
      int lastBlock,
      BlockSource blocks,
      ChainPass.Start start,
      Keep keep,
      List<BoundaryActivations> references) {
    return new ChainPass(
        chain,
        firstBlock,
        lastBlock,
        model,
        blocks,
        start,
        keep,
        references,
        store,
        groups,
        engine);
  }

  private Outcome run(ChainPass pass) {
    List<Integer> indices = IntStream.range(0, groups.count()).boxed().toList();
    List<GroupResult> results =
        spark.parallelize(indices, indices.size()).map(pass::run).collect().stream()
            .sorted(Comparator.comparingInt(GroupResult::group))
            .toList();

    List<BoundaryActivations> boundaries = new ArrayList<>();
    int firstBoundary = pass.keep() == Keep.ALL ? pass.firstBlock() : pass.firstBlock() + 1;
    for (int i = 0; i < results.get(0).pieces().length; i++) {
      int index = i;
      List<byte[]> pieces = results.stream().map(result -> result.pieces()[index]).toList();
      boundaries.add(store.publish(pass.chain(), firstBoundary + i, groups, pieces));
    }
    List<ChainErrors> errors = new ArrayList<>();
    for (int i = 0; i < pass.references().size(); i++) {
      int block = i;
      errors.add(
          ChainErrors.of(
              join(results, result -> result.squaredErrors()[block]),
              join(results, result -> result.energies()[block]),
              calibrationWindows,
              (long) groups.sequenceLength() * model.hiddenSize()));
    }
    return new Outcome(boundaries, errors);
  }

  private static double[] join(List<GroupResult> results, Function<GroupResult, double[]> part) {
    return results.stream().map(part).flatMapToDouble(Arrays::stream).toArray();
  }
}
