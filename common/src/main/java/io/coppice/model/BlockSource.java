package io.coppice.model;

import java.io.Serializable;

/** A source of the weights of a chain's blocks; sent to tasks. */
@FunctionalInterface
public interface BlockSource extends Serializable {

  /**
   * Reads one block by ranged reads.
   *
   * @param weights overwritten, converted to float32
   */
  void read(int block, BlockWeights weights);
}
