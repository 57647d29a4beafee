package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.IntSummaryStatistics;
import java.util.Random;
import java.util.stream.IntStream;

/** A weight (out × in) and its calibration inputs (tokens × in), for the tests of pruners. */
record Layer(Tensor weight, Tensor inputs, int sequences) {

  /** Gaussian weights; each token is a mixture of sources, a third as many as there are columns. */
  static Layer correlated(Arena arena, int out, int in, int tokens, long seed) {
    Random random = new Random(seed);
    Tensor weight = arena.tensor(out, in);
    fill(weight, random);
    int causes = Math.max(1, in / 3);
    Tensor mixture = arena.tensor(causes, in);
    fill(mixture, random);
    Tensor latent = arena.tensor(tokens, causes);
    fill(latent, random);
    Tensor inputs = arena.tensor(tokens, in);
    fill(inputs, random);
    BlasProvider.blas().multiply(1, latent, mixture, 0.3f, inputs);
    for (int column = 0; column < in; column++) {
      float scale = (float) Math.exp(random.nextGaussian());
      for (int token = 0; token < tokens; token++) {
        inputs.set(token, column, inputs.get(token, column) * scale);
      }
    }
    return new Layer(weight, inputs, 1);
  }

  private static void fill(Tensor tensor, Random random) {
    for (int row = 0; row < tensor.rows(); row++) {
      for (int column = 0; column < tensor.columns(); column++) {
        tensor.set(row, column, (float) random.nextGaussian());
      }
    }
  }

  /** Prunes a copy of the weight, all inputs given as {@code sequences} chunks. */
  Pruned prune(Pruner pruner, double sparsity, Arena arena) {
    return prune(pruner, new Unstructured(sparsity), arena);
  }

  /** The same with a sparsity. */
  Pruned prune(Pruner pruner, SparsityPattern pattern, Arena arena) {
    Tensor copy = arena.tensor(weight.rows(), weight.columns());
    copy.copyFrom(weight);
    try (InputStatistics statistics = statistics(pruner)) {
      PruneResult result = pruner.prune("q_proj", copy, statistics, pattern);
      return new Pruned(copy, result);
    }
  }

  InputStatistics statistics(Pruner pruner) {
    InputStatistics statistics =
        pruner.newStatistics("q_proj", weight.columns(), Arena.unbounded("test"));
    int tokens = inputs.rows() / sequences;
    for (int sequence = 0; sequence < sequences; sequence++) {
      statistics.accumulate(inputs.rows(sequence * tokens, tokens), 1);
    }
    return statistics;
  }

  /** Σ ((W − pruned)·x)² over outputs and tokens, in double. */
  double outputError(Tensor pruned) {
    double sum = 0;
    for (int token = 0; token < inputs.rows(); token++) {
      for (int row = 0; row < weight.rows(); row++) {
        double difference = 0;
        for (int column = 0; column < weight.columns(); column++) {
          double change = (double) weight.get(row, column) - pruned.get(row, column);
          difference += change * inputs.get(token, column);
        }
        sum += difference * difference;
      }
    }
    return sum;
  }

  /** A pruned weight and the pruner's result. */
  record Pruned(Tensor weight, PruneResult result) {

    /** Row by row, 1 for every pruned weight. */
    String mask() {
      StringBuilder mask = new StringBuilder();
      for (float value : weight.toArray()) {
        mask.append(value == 0 ? '1' : '0');
      }
      return mask.toString();
    }

    /** The fewest and the most pruned weights in any group of so many columns of a row. */
    IntSummaryStatistics prunedPerGroup(int group) {
      String mask = mask();
      return IntStream.range(0, mask.length() / group)
          .map(
              i ->
                  (int)
                      mask.substring(i * group, (i + 1) * group)
                          .chars()
                          .filter(bit -> bit == '1')
                          .count())
          .summaryStatistics();
    }

    /** Whether every weight that is not pruned is unchanged. */
    boolean keepsWeightsOf(Layer layer) {
      float[] before = layer.weight().toArray();
      float[] after = weight.toArray();
      return IntStream.range(0, after.length).allMatch(i -> after[i] == 0 || after[i] == before[i]);
    }

    long zeros() {
      return mask().chars().filter(bit -> bit == '1').count();
    }
  }
}
