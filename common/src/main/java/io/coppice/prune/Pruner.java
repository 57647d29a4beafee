package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Prunes a linear layer's weight in place. Pruners hold only settings, so one instance serves any
 * number of layers and threads. Equal inputs give equal bytes.
 */
public sealed interface Pruner permits MagnitudePruner, WandaPruner, SparseGptPruner {

  /** Whether the method looks at the layer's inputs; if not, no input needs to be computed. */
  boolean needsInputs();

  /**
   * Empty statistics of the kind that this method needs, for one input; close them after the last
   * layer that reads this input is pruned.
   *
   * @param input the name of the input, for messages: that of a layer, or of several that share it
   * @param columns the width of the input
   * @param arena an arena, in a scope of which their native memory is taken until they are closed
   */
  InputStatistics newStatistics(String input, int columns, Arena arena);

  /** Takes the native memory that {@link #prune} would for a weight of that shape. */
  default void reserve(int rows, int columns, Arena arena) {}

  /**
   * Prunes {@code weight} in place: pruned weights become zero. Every method ranks weights by a
   * score and takes the lowest; of equal scores, weights that are zero already come first, then
   * those of lower rows, then those of lower columns.
   *
   * @param layer the layer's name, for messages
   * @param weight out × in
   * @param statistics of the layer's input, made by {@link #newStatistics} of this method
   * @param pattern of the pruned weights
   * @throws InvalidDataException if a weight or the input holds NaN or infinity
   * @throws IllegalArgumentException if the statistics do not fit the method or the weight
   */
  PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern);

  /** The weights that are compared with each other where a weight is pruned gradually. */
  default Comparison comparison() {
    return Comparison.ROWS;
  }

  /**
   * Prepares a weight to be pruned little by little while it is trained, by this method's score of
   * the weights as they are by then. The statistics are not needed any more afterwards.
   *
   * @param layer the layer's name, for messages
   * @param weight out × in, left as it is
   * @param statistics of the layer's input, made by {@link #newStatistics} of this method
   * @param target the pattern in the end
   * @throws InvalidDataException if the input holds NaN or infinity, or rows do not consist of the
   *     whole groups of an N:M pattern
   */
  GradualPruning gradual(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern target);
}
