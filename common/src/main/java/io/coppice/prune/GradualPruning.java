package io.coppice.prune;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * Prunes a layer's weight little by little while it is trained: each time the weights of lowest
 * score |w|·f, with w as it is by then and f a factor of its input column that was taken once. Of
 * the groups of an N:M pattern, the N weights of highest score are spared each time. What is zero
 * already comes first, so that a weight, once pruned, stays pruned, and ties are broken as by every
 * {@link Pruner}.
 *
 * <p>Takes 4 bytes of heap for each column.
 */
public final class GradualPruning {
  private final String layer;
  private final float[] factors;
  private final PrunedCounts counts;
  private final Optional<SemiStructured> groups;
  private final PruneResult start;

  /**
   * @param layer the layer's name, for messages
   * @param factors of the columns
   * @param start the weight before it is pruned
   * @throws io.coppice.failure.InvalidDataException if rows do not consist of whole groups
   */
  GradualPruning(String layer, float[] factors, PrunedCounts counts, PruneResult start) {
    groups =
        counts.target() instanceof SemiStructured pattern ? Optional.of(pattern) : Optional.empty();
    groups.ifPresent(pattern -> pattern.requireWholeGroups(layer, counts.columns()));
    this.layer = layer;
    this.factors = factors;
    this.counts = counts;
    this.start = start;
  }

  /** The sparsity in the end. */
  public double target() {
    return counts.target().sparsity();
  }

  /** The weight before it is pruned, and what is known of its inputs. */
  public PruneResult start() {
    return start;
  }

  /**
   * Prunes the weight to a sparsity, in place; at the target, or above it, to exactly the count
   * that the pattern asks for. Where rows are compared, the pool's threads share them.
   *
   * @param weight out × in, pruned before to no more than that
   * @throws io.coppice.failure.InvalidDataException if a weight is NaN or infinite
   */
  public void prune(Tensor weight, double sparsity, KernelPool pool) {
    weight.requireShape(counts.rows(), counts.columns());
    if (counts.comparison() == Comparison.LAYER) {
      scored(weight).pruneLowest(counts.ofLayer(sparsity));
      return;
    }
    int height = PerWorker.height(counts.columns());
    pool.run(
        PerWorker.pieces(counts.rows(), counts.columns()),
        (piece, worker) -> {
          int first = piece * height;
          int count = Math.min(height, counts.rows() - first);
          scored(weight.rows(first, count))
              .pruneLowestOfRows(row -> counts.ofRow(first + row, sparsity));
        });
  }

  private ScoredWeight scored(Tensor rows) {
    return new ScoredWeight(layer, rows, factors, groups);
  }
}
