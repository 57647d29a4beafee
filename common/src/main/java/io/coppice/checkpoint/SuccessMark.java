package io.coppice.checkpoint;

import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The empty file that every finished output of Coppice has beside the run's record. Where folders
 * cannot be renamed atomically it is written last, so a folder with a record and no mark is not
 * complete.
 */
final class SuccessMark {
  private static final String RECORD = "coppice";
  private static final String NAME = "_SUCCESS";

  private SuccessMark() {}

  /** The place of a folder's mark. */
  static Path in(Path folder) {
    return new Path(record(folder), NAME);
  }

  /** The place of a folder's record. */
  static Path record(Path folder) {
    return new Path(folder, RECORD);
  }

  static void write(Path folder, Configuration hadoop) {
    AtomicFile.write(in(folder), "", hadoop);
  }

  /** Whether Coppice began to write a folder, but did not finish. */
  static boolean isMissing(FileSystem system, Path folder) {
    return Storage.status(system, record(folder)).isPresent()
        && Storage.status(system, in(folder)).isEmpty();
  }
}
