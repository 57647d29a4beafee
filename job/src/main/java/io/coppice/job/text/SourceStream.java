package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import io.coppice.storage.Storage;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;

/**
 * The bytes of a file as they are. A failing file system, for which trying again may help, throws
 * {@link UncheckedIOException} here; so an {@link IOException} of a decoder is about the file
 * itself.
 */
final class SourceStream extends FilterInputStream {
  private final Path path;
  private final FSDataInputStream file;

  private SourceStream(Path path, FSDataInputStream file) {
    super(file);
    this.path = path;
    this.file = file;
  }

  /**
   * Opens a part's file, at its beginning.
   *
   * @throws InvalidDataException if it is gone, has another length than before, or may not be read
   */
  static SourceStream open(TextPart part, Configuration hadoop) {
    Path path = part.path();
    FileSystem system = Storage.of(path, hadoop);
    try {
      FileStatus now = system.getFileStatus(path);
      if (now.getLen() != part.fileLength()) {
        throw new InvalidDataException(
            "it changed while it was read, from %d bytes to %d; leave it alone, and start again"
                .formatted(part.fileLength(), now.getLen()));
      }
      return new SourceStream(path, system.open(path));
    } catch (AccessControlException e) {
      throw mayNotBeRead(e);
    } catch (FileNotFoundException e) {
      if (String.valueOf(e.getMessage()).contains("Permission denied")) {
        throw mayNotBeRead(e);
      }
      throw new InvalidDataException(
          "it was there when it was listed, but a task does not find it; leave it where it is, in a"
              + " place that all nodes see",
          e);
    } catch (IOException e) {
      throw Storage.cannot("open", path, e);
    }
  }

  private static InvalidDataException mayNotBeRead(IOException cause) {
    return new InvalidDataException("it may not be read; give yourself the right to", cause);
  }

  /** Moves to a byte of the file. */
  void seek(long position) {
    try {
      file.seek(position);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The byte of the file that comes next. */
  long position() {
    try {
      return file.getPos();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public int read() {
    try {
      return file.read();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) {
    try {
      return file.read(buffer, offset, length);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private RuntimeException failed(IOException cause) {
    return Storage.cannot("read", path, cause);
  }
}
