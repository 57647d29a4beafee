package io.coppice.job.cli;

import java.io.Serializable;

/** How a sparsity is spread over the blocks. */
public sealed interface Allocation extends Serializable {
  /** Every layer has the same. */
  record Uniform() implements Allocation {}

  /**
   * Blocks with more outliers are pruned less (OWL, arXiv 2310.05175).
   *
   * @param lambda how far a block's sparsity may lie from the mean, at most
   * @param outlierMultiple of a layer's mean score, from which on a weight is an outlier
   */
  record Owl(double lambda, double outlierMultiple) implements Allocation {}
}
