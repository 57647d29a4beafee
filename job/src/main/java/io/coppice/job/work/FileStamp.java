package io.coppice.job.work;

import java.time.Instant;
import java.util.Collection;
import org.apache.hadoop.fs.FileStatus;

/**
 * What changes when files are replaced by others, without a look into them.
 *
 * @param files how many
 * @param bytes of them together
 * @param changed when the last of them was, in milliseconds since 1970
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
