package io.coppice.job.block;

import io.coppice.job.chain.ChainErrors;

/**
 * A block that is finished in a wave, with the errors of the sparse chain that it is part of.
 *
 * @param errors of the chain after this block, when the wave was done
 */
public record MeasuredBlock(FinishedBlock finished, ChainErrors errors) {
  /** Its number in the model, from 0. */
  public int number() {
    return finished.block();
  }

  /** From 1. */
  public int wave() {
    return finished.wave();
  }
}
