package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * What a pruner wants to know of a layer's input, accumulated over the calibration windows.
 *
 * <p>Sums run in the order of the calls, so the same chunks in the same order give the same bytes.
 * Belongs to one thread.
 */
public sealed interface InputStatistics extends AutoCloseable
    permits NoStatistics, ColumnNorms, Hessian {

  /** The width of the input. */
  int columns();

  /**
   * Adds a chunk of inputs.
   *
   * @param inputs tokens × columns, the tokens of whole or partial sequences one after the other
   * @param sequences how many sequences the chunk completes. The originals average over sequences,
   *     not tokens; it sets a common factor only
   */
  void accumulate(Tensor inputs, int sequences);

  /** Frees native memory. */
  @Override
  void close();
}
