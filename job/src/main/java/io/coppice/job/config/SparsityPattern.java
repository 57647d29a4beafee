package io.coppice.job.config;

/** Where zeros may stand. */
public enum SparsityPattern {
  /** Anywhere. */
  UNSTRUCTURED("unstructured");

  private final String word;

  SparsityPattern(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
