package io.coppice.model;

/** Places of the norms in an OPT model. */
public enum OptNorms {
  /** Before attention and feed-forward layer, and one after the last block. */
  BEFORE_AND_FINAL,
  /** Before attention and feed-forward layer only. */
  BEFORE,
  /** After the sums ({@code do_layer_norm_before} is false). */
  AFTER_SUMS;

  BranchNorm.Place place() {
    return this == AFTER_SUMS ? BranchNorm.Place.AFTER_SUM : BranchNorm.Place.BEFORE_BRANCH;
  }
}
