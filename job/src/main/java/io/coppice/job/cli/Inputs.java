package io.coppice.job.cli;

import io.coppice.job.schedule.InputChain;

/** What a block is trained on where the sparse chain's activations X are known. */
public enum Inputs {
  /** The sparse chain's activations, as in the paper. */
  EXACT("exact", InputChain.SPARSE),
  /** A point between the dense and the sparse activations, drawn anew per sequence and epoch. */
  MIXED("mixed", InputChain.MIXED);

  private final String word;
  private final InputChain chain;

  Inputs(String word, InputChain chain) {
    this.word = word;
    this.chain = chain;
  }

  /** What a schedule calls it. */
  public InputChain chain() {
    return chain;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
