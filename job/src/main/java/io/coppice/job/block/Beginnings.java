package io.coppice.job.block;

import io.coppice.job.cli.Level;

/** Gives the weights that each block of a model begins its first training with. */
@FunctionalInterface
public interface Beginnings {
  /** The weights of a block at a level. */
  Beginning of(Level level, int block);
}
