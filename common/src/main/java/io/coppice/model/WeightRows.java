package io.coppice.model;

import io.coppice.tensor.Tensor;

/** Reads some rows of one weight, so that a vocabulary-sized weight need not be in memory whole. */
@FunctionalInterface
public interface WeightRows {

  /**
   * @param firstRow the first row to read
   * @param destination as many rows as are wanted, overwritten
   */
  void read(long firstRow, Tensor destination);
}
