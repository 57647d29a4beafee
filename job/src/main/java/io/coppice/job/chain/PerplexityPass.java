package io.coppice.job.chain;

import io.coppice.checkpoint.WeightsFile;
import io.coppice.evaluate.WindowLosses;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.LanguageModel;
import io.coppice.model.LanguageModelHead;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Perplexity of a model on windows of tokens, data-parallel over windows like the dense pass: exp
 * of the mean over windows of the mean loss of tokens 2 to T, in nats.
 */
public record PerplexityPass(
    ModelOnCluster source, BlockSource blocks, WindowGroups groups, Engine engine)
    implements Serializable {

  /**
   * Measures all windows.
   *
   * @param source the model's embedding, final norm and head
   * @param blocks its blocks
   * @param windows n × T token ids
   */
  public static double perplexity(
      Cluster cluster, ModelOnCluster source, BlockSource blocks, int[][] windows) {
    return losses(cluster, source, blocks, windows).perplexity();
  }

  /** The mean loss of every window, of which {@link #perplexity} is made. */
  public static WindowLosses losses(
      Cluster cluster, ModelOnCluster source, BlockSource blocks, int[][] windows) {
    JavaSparkContext spark = cluster.spark();
    WindowGroups groups =
        WindowGroups.of(
            windows.length,
            windows[0].length,
            source.model().hiddenSize(),
            spark.defaultParallelism());
    PerplexityPass pass = new PerplexityPass(source, blocks, groups, cluster.engine());
    Broadcast<int[][]> tokens = spark.broadcast(windows);
    List<Integer> indices = IntStream.range(0, groups.count()).boxed().toList();
    double[] means =
        spark
            .parallelize(indices, indices.size())
            .map(group -> new GroupLosses(group, pass.run(group, tokens.value())))
            .collect()
            .stream()
            .sorted(Comparator.comparingInt(GroupLosses::group))
            .flatMapToDouble(losses -> Arrays.stream(losses.losses()))
            .toArray();
    tokens.destroy();
    return new WindowLosses(means);
  }

  /** The mean loss of each window of a group. */
  public record GroupLosses(int group, double[] losses) implements Serializable {}

  private double[] run(int group, int[][] windows) {
    LanguageModel model = source.model();
    int length = groups.sequenceLength();
    int count = groups.size(group);
    int[] ids =
        Stream.of(windows)
            .skip(groups.first(group))
            .limit(count)
            .flatMapToInt(IntStream::of)
            .toArray();
    int[] targets =
        IntStream.range(0, ids.length)
            .map(i -> i % length == length - 1 ? -1 : ids[i + 1])
            .toArray();
    try (Arena arena = Arena.unbounded("evaluation");
        WeightsFile head = source.shardOf(model.headName())) {
      Blas blas = engine.blas();
      BlockFactory factory = new BlockFactory(model, blas, length);
      Tensor hidden = arena.tensor(ids.length, model.hiddenSize());
      source.embed(ids, length, hidden, blas);
      try (Arena passing = arena.scope("the blocks")) {
        new BlockStream(factory, count, passing)
            .run(blocks, 0, model.blockCount(), hidden, block -> {});
      }
      double[] losses =
          new LanguageModelHead(model, blas)
              .losses(
                  hidden,
                  source.outerWeights(arena),
                  ModelOnCluster.rows(head, model.headName()),
                  targets);
      double[] means = new double[count];
      for (int i = 0; i < losses.length; i++) {
        means[i / length] += losses[i] / (length - 1);
      }
      return means;
    }
  }
}
