package io.coppice.job.calibration;

import java.io.EOFException;
import java.util.Optional;
import java.util.zip.ZipException;

/** Tells files that are broken from file systems that fail, where trying again may help. */
final class BrokenFiles {
  private BrokenFiles() {}

  /** What is wrong with the file that was being read, if it is the file. */
  static Optional<String> reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof EOFException
          || cause instanceof ZipException
          || message.contains("not a gzip file")
          || message.contains("is not a Parquet file")) {
        return Optional.of("it is cut off or not what its ending says (" + message + ")");
      }
    }
    return Optional.empty();
  }
}
