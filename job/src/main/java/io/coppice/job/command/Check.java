package io.coppice.job.command;

import io.coppice.failure.UsageException;
import org.apache.hadoop.fs.Path;

/** Ranges of option values, with one wording for what is outside. */
final class Check {
  private Check() {}

  static int atLeast(String option, int minimum, int value) {
    if (value < minimum) {
      throw new UsageException(
          "%s must be at least %d, but is %d".formatted(option, minimum, value));
    }
    return value;
  }

  /** A value v with from ≤ v < below. */
  static double below(String option, double from, double below, double value) {
    if (!(value >= from && value < below)) {
      throw new UsageException(
          "%s must be at least %s and less than %s, but is %s"
              .formatted(option, text(from), text(below), text(value)));
    }
    return value;
  }

  /** A value v with from ≤ v ≤ to. */
  static double between(String option, double from, double to, double value) {
    if (!(value >= from && value <= to)) {
      throw new UsageException(
          "%s must be at least %s and at most %s, but is %s"
              .formatted(option, text(from), text(to), text(value)));
    }
    return value;
  }

  /** A value v with 0 < v ≤ maximum. */
  static double positive(String option, double maximum, double value) {
    if (!(value > 0 && value <= maximum)) {
      throw new UsageException(
          "%s must be more than 0 and at most %s, but is %s"
              .formatted(option, text(maximum), text(value)));
    }
    return value;
  }

  /** A path in the form that Hadoop gives it, so that equal folders have equal names. */
  static String path(String option, String value) {
    if (value.isBlank()) {
      throw new UsageException("%s must name a file or folder, but is empty".formatted(option));
    }
    try {
      return new Path(value).toString();
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "%s must be a path, but %s is none: %s".formatted(option, value, e.getMessage()), e);
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
