package io.coppice.job.evaluation;

import io.coppice.checkpoint.WeightsFile;
import io.coppice.evaluate.PackedBatch;
import io.coppice.evaluate.Requests;
import io.coppice.evaluate.SharedContext;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.LanguageModelHead;
import io.coppice.model.PackedSequences;
import io.coppice.model.TokenEmbedding;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * The log-likelihoods that a model gives to requests, data-parallel over batches. As in the dense
 * pass, a task streams the blocks through its batches, one block's weights in memory at a time.
 */
public record LikelihoodPass(ModelOnCluster source, BlockSource blocks, Engine engine)
    implements Serializable {
  private static final long LARGEST_GROUP_BYTES = 256L << 20;

  /**
   * Computes all requests.
   *
   * @param source the model's embedding, final norm and head
   * @param blocks its blocks
   * @return by request, in nats
   */
  static double[] logLikelihoods(
      Cluster cluster, ModelOnCluster source, BlockSource blocks, Requests requests) {
    JavaSparkContext spark = cluster.spark();
    List<List<SharedContext>> batches = requests.batches();
    int perGroup = perGroup(batches, source.model().hiddenSize(), spark.defaultParallelism());
    int groups = (batches.size() + perGroup - 1) / perGroup;
    LikelihoodPass pass = new LikelihoodPass(source, blocks, cluster.engine());
    Broadcast<List<List<SharedContext>>> all = spark.broadcast(batches);
    List<Integer> indices = IntStream.range(0, groups).boxed().toList();
    List<double[]> losses =
        spark
            .parallelize(indices, indices.size())
            .map(group -> new GroupLosses(group, pass.run(part(all.value(), group, perGroup))))
            .collect()
            .stream()
            .sorted(Comparator.comparingInt(GroupLosses::group))
            .flatMap(group -> Stream.of(group.losses()))
            .toList();
    all.destroy();
    double[] logLikelihoods = new double[requests.count()];
    for (int batch = 0; batch < batches.size(); batch++) {
      PackedBatch.of(batches.get(batch)).addTo(logLikelihoods, losses.get(batch));
    }
    return logLikelihoods;
  }

  /** The losses of each batch's tokens, of a group of batches. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record GroupLosses(int group, double[][] losses) implements Serializable {}

  /** Consecutive batches that a task takes: a share, as far as their activations fit. */
  private static int perGroup(List<List<SharedContext>> batches, int hiddenSize, int tasks) {
    int rows =
        batches.stream().mapToInt(batch -> PackedBatch.of(batch).ids().length).max().orElse(1);
    long batchBytes = (long) rows * hiddenSize * Float.BYTES;
    int share = (batches.size() + tasks - 1) / tasks;
    return (int) Math.max(1, Math.min(share, LARGEST_GROUP_BYTES / batchBytes));
  }

  private static List<PackedBatch> part(
      List<List<SharedContext>> batches, int group, int perGroup) {
    int first = group * perGroup;
    return batches.subList(first, Math.min(batches.size(), first + perGroup)).stream()
        .map(PackedBatch::of)
        .toList();
  }

  private double[][] run(List<PackedBatch> batches) {
    LanguageModel model = source.model();
    Blas blas = engine.blas();
    try (Arena arena = Arena.unbounded("the tasks of an evaluation");
        WeightsFile head = source.shardOf(model.headName())) {
      BlockWeights outer = source.outerWeights(arena);
      List<Tensor> hidden = embed(batches, outer, arena, blas);
      try (Arena passing = arena.scope("the blocks")) {
        pass(batches, hidden, passing, blas);
      }
      List<LanguageModelHead.Batch> predicting = new ArrayList<>();
      for (int i = 0; i < batches.size(); i++) {
        predicting.add(
            new LanguageModelHead.Batch(
                predicting(batches.get(i), hidden.get(i), arena), batches.get(i).targets()));
      }
      return new LanguageModelHead(model, blas)
          .losses(predicting, outer, ModelOnCluster.rows(head, model.headName()))
          .toArray(double[][]::new);
    }
  }

  /** The first block's input for each batch; the embedding is read once for all. */
  private List<Tensor> embed(
      List<PackedBatch> batches, BlockWeights outer, Arena arena, Blas blas) {
    LanguageModel model = source.model();
    PackedSequences all =
        PackedSequences.concatenated(batches.stream().map(PackedBatch::sequences).toList());
    int[] ids = batches.stream().flatMapToInt(batch -> IntStream.of(batch.ids())).toArray();
    Tensor hidden = arena.tensor(all.rows(), model.hiddenSize());
    try (WeightsFile file = source.shardOf(model.embeddingName())) {
      new TokenEmbedding(model, blas)
          .embedPacked(ModelOnCluster.rows(file, model.embeddingName()), outer, ids, all, hidden);
    }
    List<Tensor> each = new ArrayList<>();
    int row = 0;
    for (PackedBatch batch : batches) {
      each.add(hidden.rows(row, batch.ids().length));
      row += batch.ids().length;
    }
    return each;
  }

  /** Takes every batch through all blocks. */
  private void pass(List<PackedBatch> batches, List<Tensor> hidden, Arena arena, Blas blas) {
    LanguageModel model = source.model();
    int rows = batches.stream().mapToInt(batch -> batch.ids().length).max().orElseThrow();
    int longest =
        batches.stream().mapToInt(batch -> batch.sequences().longest()).max().orElseThrow();
    DecoderBlock block = model.newBlock(BlockWorkspace.forInference(blas, arena, rows, longest));
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    Tensor output = arena.tensor(rows, model.hiddenSize());
    for (int i = 0; i < model.blockCount(); i++) {
      blocks.read(i, weights);
      for (int batch = 0; batch < batches.size(); batch++) {
        Tensor input = hidden.get(batch);
        Tensor result = output.rows(0, input.rows());
        block.forwardPacked(weights, input, batches.get(batch).sequences(), result);
        input.copyFrom(result);
      }
    }
  }

  /** The rows that predict a token, once for each token. */
  private static Tensor predicting(PackedBatch batch, Tensor hidden, Arena arena) {
    Tensor rows = arena.tensor(batch.predicting().length, hidden.columns());
    for (int i = 0; i < rows.rows(); i++) {
      rows.rows(i, 1).copyFrom(hidden.rows(batch.predicting()[i], 1));
    }
    return rows;
  }
}
