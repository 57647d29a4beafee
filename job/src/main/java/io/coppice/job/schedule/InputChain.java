package io.coppice.job.schedule;

/** The chain that the inputs of a span come from. Its targets are always the dense chain's. */
public enum InputChain {
  /** X̄, the dense model's activations. */
  DENSE,
  /**
   * X, the activations of the sparse model as it was when the round began: those of final blocks
   * are exact, those of blocks that this round trains too are one wave old.
   */
  SPARSE,
  /** X̄ + α·(X − X̄), with α drawn from [0, 1] for every window and epoch. */
  MIXED
}
