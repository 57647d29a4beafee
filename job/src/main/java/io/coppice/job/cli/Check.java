package io.coppice.job.cli;

import io.coppice.failure.Redaction;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.util.Optional;

/** Checks of option values, with the same wording for every option. */
final class Check {
  private static final boolean UTF_8 =
      System.getProperty("sun.jnu.encoding", "UTF-8").equalsIgnoreCase("UTF-8");

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

  /**
   * Refuses an option that says nothing beside what another option has.
   *
   * @param with the other option, with the value that this one goes with
   * @param is what is so instead, as a clause
   */
  static void absent(String option, Optional<?> value, String with, String is) {
    if (value.isPresent()) {
      throw new UsageException(
          "%s goes with %s only, but %s; leave %s out".formatted(option, with, is, option));
    }
  }

  /**
   * A path in the form that Hadoop gives it, so that equal folders have equal names. One that
   * carries a password is refused, since paths end up in logs and records.
   *
   * <p>A process whose locale is not UTF-8 gets question marks in the place of letters that it
   * cannot read.
   */
  static String path(String option, String value) {
    if (!UTF_8 && value.indexOf('?') >= 0) {
      throw Storage.unreadable(value);
    }
    return checked(option, value);
  }

  /** The same as {@link #path} for texts, whose names may hold wildcards where they are URIs. */
  static String pattern(String option, String value) {
    return value.contains(":/") ? checked(option, value) : path(option, value);
  }

  private static String checked(String option, String value) {
    if (value.isBlank()) {
      throw new UsageException("%s must name a file or folder, but is empty".formatted(option));
    }
    if (Redaction.isNeeded(value)) {
      throw new UsageException(
          ("%s carries credentials: %s; leave them out and give them to Hadoop, by its own settings,"
                  + " a credential provider or the machine's role")
              .formatted(option, Words.line(Redaction.of(value))));
    }
    String path = Storage.path(value).toString();
    // Hadoop's name for the working folder is empty.
    return path.isEmpty() ? "." : path;
  }

  private static String text(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
