package io.coppice.job.work;

import java.time.Instant;
import java.util.Collection;
import org.apache.hadoop.fs.FileStatus;

/**
 * Number, size and date of files, which change when the files are replaced by others.
 *
 * @param files their number
 * @param bytes their total size
 * @param changed time of the latest change, in milliseconds since 1970
 */
public record FileStamp(int files, long bytes, long changed) {
  /** The stamp of some files. */
  public static FileStamp of(Collection<FileStatus> files) {
    return new FileStamp(
        files.size(),
        files.stream().mapToLong(FileStatus::getLen).sum(),
        files.stream().mapToLong(FileStatus::getModificationTime).max().orElse(0));
  }

  @Override
  public String toString() {
    return "%d files of %d bytes, changed at %s"
        .formatted(files, bytes, Instant.ofEpochMilli(changed));
  }
}
