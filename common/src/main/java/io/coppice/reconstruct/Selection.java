package io.coppice.reconstruct;

/** The epoch whose weights a block keeps. */
public enum Selection {
  /** The epoch with the lowest loss on held-out windows, the start included. */
  HELD_OUT("held-out"),
  /** The last epoch, as in the paper. */
  LAST("last");

  private final String word;

  Selection(String word) {
    this.word = word;
  }

  /** The word that users write. */
  @Override
  public String toString() {
    return word;
  }
}
