package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * The statistics of a layer's input that a pruner needs, accumulated over the calibration windows.
 *
 * <p>Sums are formed in the order of the calls, so the same chunks in the same order give the same
 * bytes. Belongs to one thread.
 */
public sealed interface InputStatistics extends AutoCloseable
    permits NoStatistics, ColumnNorms, Hessian {

  /** The width of the input. */
  int columns();

  /**
   * Adds a chunk of inputs.
   *
   * @param inputs tokens × columns, the tokens of whole or partial sequences one after the other
   * @param sequences the number of sequences that the chunk completes. The original methods average
   *     over sequences, not tokens; this only sets a common factor
   */
  void accumulate(Tensor inputs, int sequences);

  /** Frees native memory. */
  @Override
  void close();
}
