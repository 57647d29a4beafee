package io.coppice.job.config;

/** Which epoch's weights a block keeps. */
public enum Selection {
  /** Those of the epoch with the smallest error on held-out windows. */
  HELD_OUT("held-out"),
  /** Those of the last epoch, as in the paper. */
  LAST("last");

  private final String word;

  Selection(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
