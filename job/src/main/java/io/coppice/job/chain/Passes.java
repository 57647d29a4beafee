package io.coppice.job.chain;

import io.coppice.job.chain.ChainPass.GroupResult;
import io.coppice.job.chain.ChainPass.Way;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.chain.activations.GroupedStore;
import io.coppice.job.cluster.Cluster;
import io.coppice.model.BlockSource;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.Windows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Runs passes of a chain over the cluster and publishes the boundaries; lives on the driver.
 *
 * @param cluster runs the tasks
 * @param windows the purpose of each window
 * @param store keeps the activations
 */
public record Passes(Cluster cluster, LanguageModel model, Windows windows, GroupedStore store) {

  /**
   * The stretch of a chain that a pass has made.
   *
   * @param boundaries the stored boundaries, in order
   * @param errors by block, where references were given
   */
  public record Stretch(List<BoundaryActivations> boundaries, List<ChainErrors> errors) {}

  /** Starts from stored activations. */
  ChainPass.Start from(BoundaryActivations boundary) {
    return ChainPass.from(boundary, windows.length());
  }

  /** Takes all windows through some blocks. */
  Stretch run(BlockSource blocks, Way way) {
    ChainPass pass = new ChainPass(way, blocks, model, store, cluster.engine());
    List<Integer> indices = IntStream.range(0, store.groups().count()).boxed().toList();
    List<GroupResult> results =
        cluster.spark().parallelize(indices, indices.size()).map(pass::run).collect().stream()
            .sorted(Comparator.comparingInt(GroupResult::group))
            .toList();
    return new Stretch(boundaries(way, results), errors(way, results));
  }

  private List<BoundaryActivations> boundaries(Way way, List<GroupResult> results) {
    List<BoundaryActivations> boundaries = new ArrayList<>();
    for (int i = 0; i < results.get(0).pieces().length; i++) {
      int index = i;
      List<byte[]> pieces = results.stream().map(result -> result.pieces()[index]).toList();
      boundaries.add(store.publish(way.chain(), way.firstBoundary() + i, pieces));
    }
    return boundaries;
  }

  private List<ChainErrors> errors(Way way, List<GroupResult> results) {
    List<ChainErrors> errors = new ArrayList<>();
    for (int i = 0; i < way.references().size(); i++) {
      int block = i;
      errors.add(
          ChainErrors.of(
              join(results, result -> result.squaredErrors()[block]),
              join(results, result -> result.energies()[block]),
              windows.training().count(),
              (long) windows.length() * model.hiddenSize()));
    }
    return errors;
  }

  private static double[] join(List<GroupResult> results, Function<GroupResult, double[]> part) {
    return results.stream().map(part).flatMapToDouble(Arrays::stream).toArray();
  }
}
