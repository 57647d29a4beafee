package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Prunes a linear layer's weight in place. Pruners hold settings only, so one instance serves any
 * number of layers and threads. Equal inputs give equal bytes.
 */
public sealed interface Pruner permits MagnitudePruner, WandaPruner, SparseGptPruner {

  /** Whether the method looks at the layer's inputs; if not, no input needs to be computed. */
  boolean needsInputs();

  /**
   * Empty statistics of the kind that this method needs, for one input; close them after the last
   * layer that reads this input is pruned.
   *
   * @param input what the input is, for messages: a layer's name or that of several which share it
   * @param columns the width of the input
   * @param arena whose scope their native memory is, until they are closed
   */
  InputStatistics newStatistics(String input, int columns, Arena arena);

  /** Takes the native memory that {@link #prune} would for a weight of that shape. */
  default void reserve(int rows, int columns, Arena arena) {}

  /**
   * Prunes {@code weight} in place: pruned weights become zero. Every method ranks weights by a
   * score and takes the lowest; of equal scores, weights that are zero already go first, then the
   * one of the lower row, then of the lower column.
   *
   * @param layer the layer's name, for messages
   * @param weight out × in
   * @param statistics of the layer's input, made by {@link #newStatistics} of this method
   * @param pattern how many weights to prune
   * @throws InvalidDataException if a weight or the input holds NaN or infinity
   * @throws IllegalArgumentException if the statistics do not fit the method or the weight
   */
  PruneResult prune(
      String layer, Tensor weight, InputStatistics statistics, SparsityPattern pattern);
}
