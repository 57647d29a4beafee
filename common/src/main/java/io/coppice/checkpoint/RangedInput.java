package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.io.EOFException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** An open file of weights as bytes, read by ranges. Belongs to one thread. */
final class RangedInput implements AutoCloseable {
  private final Path path;
  private final long length;
  private final FSDataInputStream in;

  private RangedInput(Path path, long length, FSDataInputStream in) {
    this.path = path;
    this.length = length;
    this.in = in;
  }

  /**
   * Opens a file.
   *
   * @param format the kind of file that it should be, for the message
   * @throws UsageException if there is no such file
   * @throws InvalidDataException if it is a folder
   */
  static RangedInput open(Path path, Configuration hadoop, String format) {
    FileSystem system = Storage.of(path, hadoop);
    FileStatus status =
        Storage.status(system, path)
            .orElseThrow(() -> new UsageException("%s does not exist".formatted(path)));
    if (status.isDirectory()) {
      throw new InvalidDataException("%s is a folder, but must be a %s".formatted(path, format));
    }
    return new RangedInput(path, status.getLen(), stream(system, path));
  }

  /**
   * Opens a file that was read before.
   *
   * @throws InvalidDataException if it is gone or has another length
   */
  static RangedInput openAgain(Path path, Configuration hadoop, long expectedLength) {
    FileSystem system = Storage.of(path, hadoop);
    long length = Storage.status(system, path).map(FileStatus::getLen).orElse(0L);
    if (length != expectedLength) {
      throw new InvalidDataException(
          ("%s had %d bytes when this run began and has %d now; leave the model alone while it is "
                  + "in use")
              .formatted(path, expectedLength, length));
    }
    return new RangedInput(path, length, stream(system, path));
  }

  Path path() {
    return path;
  }

  /** The file's bytes. */
  long length() {
    return length;
  }

  /** Reads bytes at a position of the file into the start of a buffer. */
  void read(long position, byte[] buffer, int count) {
    try {
      in.seek(position);
      in.readFully(buffer, 0, count);
    } catch (EOFException e) {
      throw new InvalidDataException(
          ("%s ends before byte %d, though its length was checked; leave the model alone while it "
                  + "is in use")
              .formatted(path, position + count),
          e);
    } catch (IOException e) {
      throw Storage.cannot("read", path, e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      // Everything that was needed has been read.
    }
  }

  private static FSDataInputStream stream(FileSystem system, Path path) {
    try {
      return system.open(path);
    } catch (IOException e) {
      throw Storage.cannot("open", path, e);
    }
  }
}
