package io.coppice.job.config;

/** What a block is trained on where the sparse chain's activations X are known. */
public enum Inputs {
  /** The sparse chain's activations, as in the paper. */
  EXACT("exact"),
  /** A point between the dense and the sparse activations, drawn anew per sequence and epoch. */
  MIXED("mixed");

  private final String word;

  Inputs(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
