package io.coppice.reconstruct;

/** Which epoch's weights a block keeps. */
public enum Selection {
  /** Those with the lowest error on held-out windows, the start included. */
  HELD_OUT("held-out"),
  /** Those of the last epoch, as in the paper. */
  LAST("last");

  private final String word;

  Selection(String word) {
    this.word = word;
  }

  /** The word that users give. */
  @Override
  public String toString() {
    return word;
  }
}
