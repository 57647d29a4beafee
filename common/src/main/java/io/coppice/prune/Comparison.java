package io.coppice.prune;

/** The weights that are compared with each other to choose those of lowest score. */
public enum Comparison {
  /** Those of a row: every row prunes its own. */
  ROWS,
  /** Those of the whole layer. */
  LAYER
}
