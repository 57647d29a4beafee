package io.coppice.benchmark;

/**
 * One piece of work as Coppice and as libtorch do it. Each method that gives seconds does the work
 * once; what has to be made anew for that is not counted.
 */
interface Contest extends AutoCloseable {
  /**
   * Does the work on both sides and compares what came out.
   *
   * @return the largest relative difference, of the norms of whole tensors
   * @throws AssertionError if it is above what the formats allow
   */
  double compare();

  /** Where libtorch runs. */
  TorchThread torch();

  double ours();

  double theirs();

  /** Our matrix products alone, of the work's shapes. */
  double ourProducts();

  /** Their matrix products alone. */
  double theirProducts();

  @Override
  void close();
}
