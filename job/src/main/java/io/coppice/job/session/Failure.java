package io.coppice.job.session;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.Redaction;
import io.coppice.failure.ThresholdException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A failure as it is reported to the user: whose fault it is, and one sentence.
 *
 * @param exitCode 2 for the user's fault, 3 for the input data's, 1 for ours; 4 is not a fault but
 *     a result that is not good enough
 * @param message one sentence, without credentials
 */
public record Failure(int exitCode, String message) {
  public static final int OURS = 1;
  public static final int USAGE = 2;
  public static final int DATA = 3;
  public static final int THRESHOLD = 4;

  private static final int LONGEST = 2000;

  private static final Pattern STACK_TRACE =
      Pattern.compile("\\n\\s+at |\\nCaused by: |\\n+Driver stacktrace:");

  /** An executor's exception as the driver's quotes it, where its class did not survive. */
  private static final Pattern TOLD =
      Pattern.compile(
          "(%s|%s|%s): (.*?)(?=\\n\\s+at | \\[in thread |\\nCaused by: |\\nDriver stacktrace:|\\z)"
              .formatted(
                  Pattern.quote(UsageException.class.getName()),
                  Pattern.quote(InvalidDataException.class.getName()),
                  Pattern.quote(NativeLibraryException.class.getName())),
          Pattern.DOTALL);

  public static Failure of(Throwable failure) {
    return causes(failure)
        .flatMap(cause -> known(cause).stream())
        .findFirst()
        .or(() -> firstTold(failure, Failure::told))
        .or(
            () ->
                firstTold(failure, MachineFaults::sentence).map(words -> new Failure(USAGE, words)))
        .orElseGet(() -> new Failure(OURS, ours(failure)));
  }

  private static <T> Optional<T> firstTold(
      Throwable failure, Function<String, Optional<T>> meaning) {
    return causes(failure).flatMap(cause -> meaning.apply(cause.toString()).stream()).findFirst();
  }

  private static Stream<Throwable> causes(Throwable failure) {
    // Causes may form a ring; no honest chain is this long.
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(100);
  }

  private static Optional<Failure> known(Throwable cause) {
    return code(cause.getClass().getName())
        .map(code -> new Failure(code, line(cause.getMessage())));
  }

  /** The failure that a text names, such as a stack trace from another process. */
  static Optional<Failure> told(String text) {
    Matcher matcher = TOLD.matcher(text);
    return matcher.find()
        ? code(matcher.group(1)).map(code -> new Failure(code, line(matcher.group(2))))
        : Optional.empty();
  }

  private static Optional<Integer> code(String type) {
    if (type.equals(InvalidDataException.class.getName())) {
      return Optional.of(DATA);
    }
    if (type.equals(ThresholdException.class.getName())) {
      return Optional.of(THRESHOLD);
    }
    return type.equals(UsageException.class.getName())
            || type.equals(NativeLibraryException.class.getName())
        ? Optional.of(USAGE)
        : Optional.empty();
  }

  private static String ours(Throwable failure) {
    // The error of a class that could not be initialised has no message of its own.
    Throwable speaking =
        causes(failure).filter(cause -> cause.getMessage() != null).findFirst().orElse(failure);
    String reason = line(String.valueOf(speaking.getMessage()));
    return "This is a fault of Coppice or of the cluster, not of your input (%s: %s); the log has the"
            .formatted(speaking.getClass().getSimpleName(), reason)
        + " stack trace";
  }

  private static String line(String message) {
    // The message of a library or of another process may contain its stack trace.
    String words = STACK_TRACE.split(String.valueOf(message).strip(), 2)[0];
    String safe = Redaction.of(words);
    return Words.line(safe.strip().replaceAll("\\s+", " "), LONGEST);
  }
}
