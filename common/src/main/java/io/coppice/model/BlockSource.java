package io.coppice.model;

import java.io.Serializable;

/** Where the weights of a chain's blocks are read from; sent to tasks. */
@FunctionalInterface
public interface BlockSource extends Serializable {

  /**
   * Reads one block by ranged reads.
   *
   * @param weights overwritten, converted to float32
   */
  void read(int block, BlockWeights weights);
}
