package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * The statistics of methods that do not look at inputs: none.
 *
 * @param columns the width of the input
 */
public record NoStatistics(int columns) implements InputStatistics {

  @Override
  public void accumulate(Tensor inputs, int sequences) {}

  @Override
  public void close() {}
}
