package io.coppice.job.plan;

import java.util.Locale;

/** Bytes and seconds as people and spark-submit read them. */
final class Sizes {
  private Sizes() {}

  static String words(long bytes) {
    return bytes >= 1L << 30
        ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
        : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20));
  }

  /** Whole gibibytes, rounded up, in Spark's form. */
  static String spark(long bytes) {
    return ((bytes + (1L << 30) - 1) >> 30) + "g";
  }

  static String time(double seconds) {
    return seconds < 60
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : seconds < 7200
            ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
            : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
