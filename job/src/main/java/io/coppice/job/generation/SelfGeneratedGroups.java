package io.coppice.job.generation;

import io.coppice.generate.TextWriter;
import java.io.Serializable;
import java.util.Locale;

/**
 * Windows in groups of {@link TextWriter#GROUP}, a file of JSON in the work folder for each.
 *
 * @param windows number of windows in all
 * @param sequenceLength T, tokens of a window
 * @param seed of these windows alone
 */
record SelfGeneratedGroups(int windows, int sequenceLength, long seed) implements Serializable {

  int count() {
    return (windows + TextWriter.GROUP - 1) / TextWriter.GROUP;
  }

  /** The first window of a group. */
  int first(int group) {
    return group * TextWriter.GROUP;
  }

  /** The number of windows in a group. */
  int size(int group) {
    return Math.min(TextWriter.GROUP, windows - first(group));
  }

  static String fileName(int group) {
    return String.format(Locale.ROOT, "windows-%06d.json", group);
  }
}
