package io.coppice.job.card;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Paths as they are shown to everybody: by their last part. */
final class Shown {
  /** A model in the cache of the Hub's own client. */
  private static final Pattern CACHED =
      Pattern.compile("(?:.*/)?models--([^/]+)/snapshots/[^/]+/*");

  private Shown() {}

  /** The last part of a path. */
  static String path(String path) {
    String folder = path.replaceFirst("/+$", "");
    String last = folder.substring(folder.lastIndexOf('/') + 1);
    return last.isEmpty() ? "model" : last;
  }

  /** {@code NAME=} and the last part of a path. */
  static String named(String assignment) {
    int end = assignment.indexOf('=') + 1;
    return assignment.substring(0, end) + path(assignment.substring(end));
  }

  /** A model's name: on the Hub where its folder tells, else the folder's. */
  static String model(String folder) {
    Matcher cached = CACHED.matcher(folder);
    return cached.matches() ? cached.group(1).replaceFirst("--", "/") : path(folder);
  }
}
