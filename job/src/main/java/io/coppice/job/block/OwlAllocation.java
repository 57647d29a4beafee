package io.coppice.job.block;

import io.coppice.prune.Unstructured;
import java.math.BigInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * OWL's spreading of a sparsity S over blocks (Yin et al., arXiv 2310.05175): block b, with outlier
 * ratio D_b, gets S − λ·(D_b − D̄) ÷ max |D − D̄|, where D̄ is the mean over weights. So the most
 * unusual block is λ away from S, no block is further, and the mean is S. The authors' code maps
 * the ratios' range to 2λ and then moves it to the mean, by which a block may end further than λ
 * from S.
 *
 * @param sparsity S
 * @param lambda λ
 */
record OwlAllocation(double sparsity, double lambda) {

  /**
   * The number of weights that each block prunes; together ⌊weights · S⌋.
   *
   * @param sizes numbers of weights by block; 0 for a block that takes no part
   * @param ratios outlier ratios by block
   */
  long[] pruned(long[] sizes, double[] ratios) {
    long all = LongStream.of(sizes).sum();
    double mean =
        IntStream.range(0, sizes.length).mapToDouble(b -> ratios[b] * sizes[b]).sum() / all;
    double furthest =
        IntStream.range(0, sizes.length)
            .filter(b -> sizes[b] > 0)
            .mapToDouble(b -> Math.abs(ratios[b] - mean))
            .max()
            .orElse(0);
    long target = new Unstructured(sparsity).pruned(all);
    long[] pruned = new long[sizes.length];
    long seen = 0;
    long done = 0;
    double wanted = 0;
    for (int b = 0; b < sizes.length; b++) {
      double shift = furthest == 0 ? 0 : lambda * (ratios[b] - mean) / furthest;
      wanted += sizes[b] * (sparsity - shift);
      seen += sizes[b];
      long end = seen == all ? target : Math.min(target, Math.round(wanted));
      pruned[b] = end - done;
      done = end;
    }
    return pruned;
  }

  /**
   * Shares a block's count out to its layers in proportion to their sizes; together exactly that.
   *
   * @param sizes weights by layer
   */
  static long[] share(long pruned, long[] sizes) {
    BigInteger all = BigInteger.valueOf(LongStream.of(sizes).sum());
    long[] shares = new long[sizes.length];
    long seen = 0;
    long done = 0;
    for (int i = 0; i < sizes.length; i++) {
      seen += sizes[i];
      long end =
          BigInteger.valueOf(pruned).multiply(BigInteger.valueOf(seen)).divide(all).longValue();
      shares[i] = end - done;
      done = end;
    }
    return shares;
  }
}
