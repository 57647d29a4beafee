package io.coppice.checkpoint;

import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The empty file that every finished output of Coppice carries beside the run's record. Where
 * folders cannot be renamed at once it comes last, so a folder with a record and no mark is not
 * whole.
 */
final class SuccessMark {
  private static final String RECORD = "coppice";
  private static final String NAME = "_SUCCESS";

  private SuccessMark() {}

  /** Where a folder's mark is. */
  static Path in(Path folder) {
    return new Path(record(folder), NAME);
  }

  /** Where a folder's record is. */
  static Path record(Path folder) {
    return new Path(folder, RECORD);
  }

  static void write(Path folder, Configuration hadoop) {
    AtomicFile.write(in(folder), "", hadoop);
  }

  /** Whether a folder was written by Coppice, but not to the end. */
  static boolean isMissing(FileSystem system, Path folder) {
    return Storage.status(system, record(folder)).isPresent()
        && Storage.status(system, in(folder)).isEmpty();
  }
}
