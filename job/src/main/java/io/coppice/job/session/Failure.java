package io.coppice.job.session;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Redaction;
import io.coppice.failure.ThresholdException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.tensor.NativeLibraryException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whose fault a failure is.
 *
 * @param exitCode 2 for the user's, 3 for the input data's, 1 for ours; 4 is no fault but a result
 *     that is not good enough
 * @param message one sentence, without credentials
 */
public record Failure(int exitCode, String message) {
  public static final int OURS = 1;
  public static final int USAGE = 2;
  public static final int DATA = 3;
  public static final int THRESHOLD = 4;

  private static final int LONGEST = 2000;

  /** How an executor's exception is told in the driver's, where its class did not survive. */
  private static final Pattern TOLD =
      Pattern.compile(
          "(%s|%s|%s): (.*?)(?=\\n\\s+at |\\nCaused by: |\\nDriver stacktrace:|\\z)"
              .formatted(
                  Pattern.quote(UsageException.class.getName()),
                  Pattern.quote(InvalidDataException.class.getName()),
                  Pattern.quote(NativeLibraryException.class.getName())),
          Pattern.DOTALL);

  public static Failure of(Throwable failure) {
    return causes(failure)
        .flatMap(cause -> known(cause).stream())
        .findFirst()
        .or(() -> causes(failure).flatMap(cause -> told(cause).stream()).findFirst())
        .orElseGet(() -> new Failure(OURS, ours(failure)));
  }

  private static Stream<Throwable> causes(Throwable failure) {
    // Causes may form a ring; no honest chain is this long.
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(100);
  }

  private static Optional<Failure> known(Throwable cause) {
    return code(cause.getClass().getName())
        .map(code -> new Failure(code, line(cause.getMessage())));
  }

  private static Optional<Failure> told(Throwable cause) {
    Matcher matcher = TOLD.matcher(String.valueOf(cause.getMessage()));
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
    String reason = line(String.valueOf(failure.getMessage()));
    return "This is a fault of Coppice or of the cluster, not of your input (%s: %s); the log has the"
            .formatted(failure.getClass().getSimpleName(), reason)
        + " stack trace";
  }

  private static String line(String message) {
    String safe = Redaction.of(String.valueOf(message));
    return Words.line(safe.strip().replaceAll("\\s+", " "), LONGEST);
  }
}
