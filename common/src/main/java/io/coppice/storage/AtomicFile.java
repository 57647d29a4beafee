package io.coppice.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * A file that appears whole or not at all: it is written under a temporary name beside its place,
 * and {@link #commit()} flushes it to disk, closes and renames it, replacing a file of that name.
 * Closing without a commit deletes the file.
 *
 * <p>Two tasks may write the same file at once, as Spark's speculation and retries do; the last one
 * to commit wins.
 */
public final class AtomicFile implements AutoCloseable {
  private static final String TEMPORARY_PREFIX = ".coppice-";
  private static final String TEMPORARY_SUFFIX = ".tmp";

  private final FileSystem system;
  private final Configuration hadoop;
  private final Path file;
  private final Path temporary;
  private final FSDataOutputStream out;
  private boolean streamClosed;
  private boolean committed;

  private AtomicFile(
      FileSystem system, Configuration hadoop, Path file, Path temporary, FSDataOutputStream out) {
    this.system = system;
    this.hadoop = hadoop;
    this.file = file;
    this.temporary = temporary;
    this.out = out;
  }

  /**
   * Begins a file; missing parent folders are created.
   *
   * @throws java.io.UncheckedIOException if it cannot be created
   */
  public static AtomicFile create(Path file, Configuration hadoop) {
    FileSystem system = Storage.of(file, hadoop);
    Path temporary = temporary(file);
    try {
      return new AtomicFile(system, hadoop, file, temporary, system.create(temporary, false));
    } catch (IOException e) {
      throw Storage.cannot("create", file, e);
    }
  }

  /** A new name beside a file, for the file while it is unfinished. */
  static Path temporary(Path file) {
    return Storage.child(
        file.getParent(),
        TEMPORARY_PREFIX + file.getName() + "-" + UUID.randomUUID() + TEMPORARY_SUFFIX);
  }

  /** Writes a whole file of text, as UTF-8. */
  public static void write(Path file, String text, Configuration hadoop) {
    write(file, text.getBytes(StandardCharsets.UTF_8), hadoop);
  }

  /** Writes a whole file. */
  public static void write(Path file, byte[] bytes, Configuration hadoop) {
    try (AtomicFile output = create(file, hadoop)) {
      output.write(bytes, 0, bytes.length);
      output.commit();
    }
  }

  /** Whether a file of this name is the unfinished work of a task that died. */
  public static boolean isTemporary(String name) {
    return name.startsWith(TEMPORARY_PREFIX) && name.endsWith(TEMPORARY_SUFFIX);
  }

  /** Whether a file of this name is unfinished work on the given file. */
  public static boolean isTemporaryOf(Path file, String name) {
    return isTemporary(name) && name.startsWith(TEMPORARY_PREFIX + file.getName() + "-");
  }

  /** The path that the file will have. */
  public Path file() {
    return file;
  }

  /** A stream that writes as {@link #write} does. Closing it does not commit. */
  public OutputStream stream() {
    return new OutputStream() {
      @Override
      public void write(int value) {
        AtomicFile.this.write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        AtomicFile.this.write(bytes, offset, length);
      }
    };
  }

  /**
   * Appends bytes.
   *
   * @throws io.coppice.failure.UsageException if the disk or a quota is full
   * @throws java.io.UncheckedIOException if the file system fails
   */
  public void write(byte[] bytes, int offset, int length) {
    try {
      out.write(bytes, offset, length);
    } catch (IOException | FSError e) {
      throw Storage.cannot("write", file, asException(e));
    }
  }

  /**
   * Makes the file visible under its name.
   *
   * @throws io.coppice.failure.UsageException if the disk or a quota is full
   * @throws java.io.UncheckedIOException if it cannot be flushed or renamed; in either case nothing
   *     is visible
   */
  public void commit() {
    if (streamClosed) {
      throw new IllegalStateException(file + " is committed or closed already");
    }
    try {
      if (out.hasCapability(StreamCapabilities.HSYNC)) {
        out.hsync();
      }
      streamClosed = true;
      out.close();
      Storage.renameOver(system, hadoop, temporary, file);
      committed = true;
    } catch (IOException | FSError e) {
      throw Storage.cannot("finish", file, asException(e));
    }
  }

  /** Hadoop's local file system reports a full disk as an error of the virtual machine. */
  private static IOException asException(Throwable failure) {
    return failure instanceof IOException exception
        ? exception
        : new IOException(failure.getMessage(), failure);
  }

  /** Deletes the unfinished file, if it was not committed. */
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      if (!streamClosed) {
        streamClosed = true;
        out.close();
      }
    } catch (IOException | FSError e) {
      // The file is discarded; the caller is reporting the reason for that.
    } finally {
      deleteTemporary();
    }
  }

  private void deleteTemporary() {
    try {
      system.delete(temporary, false);
    } catch (IOException e) {
      // It stays under a name that nobody reads.
    }
  }
}
