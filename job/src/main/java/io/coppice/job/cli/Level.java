package io.coppice.job.cli;

/** How far reconstruction goes beyond the pruner's own least squares. */
public enum Level {
  /** Layer by layer: what the pruner itself solves; nothing is trained. */
  LR("lr"),
  /** Block by block: the target is the dense block on the sparse input. */
  BR("br"),
  /** Block by block with global propagation: the target is the dense block on the dense input. */
  GP("gp"),
  /**
   * Cross-block: as GP, but two consecutive blocks jointly, so that every block is trained together
   * with each of its neighbours.
   */
  CR("cr");

  private final String word;

  Level(String word) {
    this.word = word;
  }

  /** Whether weights are trained by gradient descent. */
  public boolean trains() {
    return this != LR;
  }

  /** How many consecutive blocks are trained jointly. */
  public int spanLength() {
    return this == CR ? 2 : 1;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
