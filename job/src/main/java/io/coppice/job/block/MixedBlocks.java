package io.coppice.job.block;

import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import java.util.List;

/**
 * A model whose blocks lie in several folders.
 *
 * @param files of each block
 */
record MixedBlocks(List<BlockFiles> files) implements BlockSource {
  MixedBlocks {
    files = List.copyOf(files);
  }

  @Override
  public void read(int block, BlockWeights weights) {
    files.get(block).read(block, weights);
  }
}
