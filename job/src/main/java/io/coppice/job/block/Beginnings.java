package io.coppice.job.block;

/** Gives the weights that each block of a model begins its first training with. */
@FunctionalInterface
public interface Beginnings {
  /** The weights of a block. */
  Beginning of(int block);
}
