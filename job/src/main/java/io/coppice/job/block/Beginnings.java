package io.coppice.job.block;

/** What each block of a model begins with, when it is trained for the first time. */
@FunctionalInterface
public interface Beginnings {
  /** The weights of a block. */
  Beginning of(int block);
}
