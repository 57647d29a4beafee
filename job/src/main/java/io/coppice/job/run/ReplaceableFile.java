package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The kind of file that a result may replace. */
enum ReplaceableFile {
  /** None. */
  NOTHING,
  /** Any file. */
  ANYTHING,
  /** A file that evaluate has written. */
  EVALUATION,
  /** A page that report has written. */
  REPORT;

  /** Bytes at a file's beginning, by which its kind is told. */
  private static final int BEGINNING = 64 << 10;

  private static final Pattern EVALUATED =
      Pattern.compile("\\{\\s*\"model\"\\s*:.*?\"perplexity\"\\s*:\\s*\\{", Pattern.DOTALL);
  private static final Pattern REPORTED =
      Pattern.compile("<!DOCTYPE html>.*?<title>[^<]*Coppice</title>", Pattern.DOTALL);

  /**
   * Fails unless a file is of this kind, or empty.
   *
   * @throws UsageException if it is another one
   */
  void require(Path file, Configuration hadoop) {
    switch (this) {
      case NOTHING ->
          throw new UsageException(
              "Output file %s exists already; choose another one or give --overwrite"
                  .formatted(file));
      case ANYTHING -> {}
      case EVALUATION -> requireBeginning(EVALUATED, "a result of evaluate", file, hadoop);
      case REPORT -> requireBeginning(REPORTED, "a report", file, hadoop);
    }
  }

  private static void requireBeginning(
      Pattern pattern, String what, Path file, Configuration hadoop) {
    String begins = beginning(file, hadoop);
    if (!begins.isEmpty() && !pattern.matcher(begins).lookingAt()) {
      throw new UsageException(
          "Output file %s exists already and is not %s, so it is not replaced; choose another one or delete it"
              .formatted(file, what));
    }
  }

  private static String beginning(Path file, Configuration hadoop) {
    try (InputStream in = Storage.of(file, hadoop).open(file)) {
      return new String(in.readNBytes(BEGINNING), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw Storage.cannot("read", file, e);
    }
  }
}
