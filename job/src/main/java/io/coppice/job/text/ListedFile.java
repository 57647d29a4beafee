package io.coppice.job.text;

import io.coppice.failure.UsageException;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;

/**
 * A text file as its folder lists it.
 *
 * @param status its path, size and date
 */
record ListedFile(FileStatus status, TextFormat format, Compression compression) {
  /** The file, if its name ends as a text's. */
  static Optional<ListedFile> of(FileStatus status) {
    String name = status.getPath().getName();
    return TextFormat.of(name).map(format -> new ListedFile(status, format, Compression.of(name)));
  }

  /**
   * A file that the user names.
   *
   * @throws UsageException if the ending of its name is no text's
   */
  static ListedFile named(FileStatus status, String location) {
    return of(status)
        .orElseThrow(
            () ->
                new UsageException(
                    "The format of %s cannot be told: expected a name that ends in %s."
                        .formatted(location, TextFormat.ENDINGS)));
  }

  /** The path with its file system. */
  String name() {
    return status.getPath().toString();
  }

  long length() {
    return status.getLen();
  }

  /** Whether tasks may begin to read it anywhere. */
  boolean isDivisible() {
    return switch (format) {
      case JSON_LINES -> compression == Compression.NONE;
      case PLAIN -> false;
      case PARQUET -> true;
    };
  }
}
