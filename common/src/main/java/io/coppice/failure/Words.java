package io.coppice.failure;

/** Puts names and messages out of untrusted files into a sentence for the user. */
public final class Words {
  private static final int LONGEST = 200;

  private Words() {}

  /** A name in quotes, on one line and not too long. */
  public static String quote(String name) {
    return "'" + line(name) + "'";
  }

  /** A text on one line and not too long. */
  public static String line(String text) {
    return line(text, LONGEST);
  }

  /** A text on one line and of at most so many characters. */
  public static String line(String text, int longest) {
    String shown = text.length() > longest ? text.substring(0, longest) + "…" : text;
    return shown.replaceAll("\\p{Cntrl}+", " ");
  }
}
