package io.coppice.job.cli;

/** The extent to which reconstruction goes beyond the pruner's own least squares. */
public enum Level {
  /** Layer by layer, by the pruner itself; nothing is trained. */
  LR("lr"),
  /** Block by block: the target is the dense block on the sparse input. */
  BR("br"),
  /** Block by block with global propagation: the target is the dense block on the dense input. */
  GP("gp"),
  /**
   * Cross-block: like GP, but two consecutive blocks jointly, so that every block is trained
   * together with each of its neighbours.
   */
  CR("cr"),
  /**
   * Coppice's own: like CR, with masks that shrink in training where a trial says so, errors that
   * count by what they do to the dense model's predictions, and a last pair that is trained towards
   * its distributions of the next token.
   */
  BEST("best");

  private final String word;

  Level(String word) {
    this.word = word;
  }

  /** Whether weights are trained by gradient descent. */
  public boolean trains() {
    return this != LR;
  }

  /** Number of consecutive blocks that are trained jointly. */
  public int spanLength() {
    return this == CR || this == BEST ? 2 : 1;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
