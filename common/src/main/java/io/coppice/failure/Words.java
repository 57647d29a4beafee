package io.coppice.failure;

import java.util.Locale;

/** Puts names and messages from untrusted files, sizes and times into sentences for the user. */
public final class Words {
  private static final int LONGEST = 200;

  private Words() {}

  /** A name in quotes, on one line and shortened if it is long. */
  public static String quote(String name) {
    return "'" + line(name) + "'";
  }

  /** A word as a POSIX shell reads it back. */
  public static String shell(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** A text on one line, shortened if it is long. */
  public static String line(String text) {
    return line(text, LONGEST);
  }

  /** A text on one line, shortened to a number of characters. */
  public static String line(String text, int longest) {
    String shown = text.length() > longest ? text.substring(0, longest) + "…" : text;
    return shown.replaceAll("\\p{Cntrl}+", " ");
  }

  /** A number of bytes: 0.5 MiB, 3.5 GiB; at least 0. */
  public static String size(long bytes) {
    return bytes >= 1L << 30
        ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
        : String.format(Locale.ROOT, "%.1f MiB", Math.max(0, bytes) / (double) (1L << 20));
  }

  /** A number of seconds: 0.4 s, 42 s, 3 min 5 s, 2 h 10 min. */
  public static String duration(double seconds) {
    if (seconds < 9.95) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? "%d min %d s".formatted(whole / 60, whole % 60)
        : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }
}
