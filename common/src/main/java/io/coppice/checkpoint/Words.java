package io.coppice.checkpoint;

/** Puts names and messages out of untrusted files into a sentence for the user. */
final class Words {
  private static final int LONGEST = 200;

  private Words() {}

  /** A name in quotes, on one line and not too long. */
  static String quote(String name) {
    return "'" + line(name) + "'";
  }

  /** A text on one line and not too long. */
  static String line(String text) {
    String shown = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    return shown.replaceAll("\\p{Cntrl}+", " ");
  }
}
