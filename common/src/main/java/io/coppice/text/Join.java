package io.coppice.text;

/** The ways to turn the documents of a text into one stream of tokens. */
public enum Join {
  /** A blank line between documents, tokenized as one text (WikiText-2 from its lines). */
  BLANK_LINE("blank-line", "\n\n"),
  /** A space between documents, tokenized as one text (PTB, C4). */
  SPACE("space", " "),
  /** Each document tokenized by itself, with its own special tokens, and the ids joined. */
  BOS("bos", "");

  private final String word;
  private final String separator;

  Join(String word, String separator) {
    this.word = word;
    this.separator = separator;
  }

  /** The text between two documents. */
  String separator() {
    return separator;
  }

  /** The word that users write. */
  @Override
  public String toString() {
    return word;
  }
}
