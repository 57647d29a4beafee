package io.coppice.job.config;

import java.io.Serializable;

/** In which order blocks are trained, and on whose activations. */
public sealed interface Schedule extends Serializable {
  /** One block after the other, each on the output of the sparse blocks before it. */
  record Sequential() implements Schedule {}

  /** All blocks at once, each on the dense model's activations. */
  record Parallel() implements Schedule {}

  /**
   * All blocks at once, several times: first as {@link Parallel}, then on the activations of the
   * sparse model that the wave before left.
   *
   * @param count number of waves, at least 1
   */
  record Waves(int count) implements Schedule {}
}
