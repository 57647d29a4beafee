package io.coppice.job.config;

/** How the documents of a text become one stream of tokens. */
public enum Join {
  /** A blank line between documents, one beginning-of-sequence token in all. */
  BLANK_LINE("blank-line"),
  /** A space between documents, one beginning-of-sequence token in all. */
  SPACE("space"),
  /** Each document is tokenised with its own beginning-of-sequence token. */
  BOS("bos");

  private final String word;

  Join(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
