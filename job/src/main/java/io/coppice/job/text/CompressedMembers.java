package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The text in a compressed file: one compressed stream or several in a row, as {@code cat} and
 * parallel compressors make them, with zeros after them, as tapes and block devices leave them.
 * Anything else after a stream is an error, for it might be text.
 */
final class CompressedMembers extends InputStream {
  private final BufferedInputStream file;
  private final Compression compression;
  private InputStream member;
  private boolean ended;

  /**
   * Begins with the first stream.
   *
   * @throws InvalidDataException if the file is not compressed so
   */
  CompressedMembers(BufferedInputStream file, Compression compression) {
    this.file = file;
    this.compression = compression;
    member = sound(() -> open(), "it is cut off or not a " + compression.label() + " file");
  }

  private InputStream open() throws IOException {
    return compression == Compression.GZIP
        ? new GzipCompressorInputStream(file, false)
        : new BZip2CompressorInputStream(file, false);
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      int count =
          sound(
              () -> member.read(buffer, offset, length),
              "its compressed data are broken or cut off; compress or fetch it again");
      if (count > 0) {
        return count;
      }
      next();
    }
    return -1;
  }

  private void next() {
    String garbage =
        "there is something else after the end of its compressed data, which may be text; compress"
            + " or fetch it again";
    ended = sound(this::skipZeros, garbage) < 0;
    if (!ended) {
      member = sound(this::open, garbage);
    }
  }

  /** The first byte that is not zero, which is read again, or −1 at the end. */
  private int skipZeros() throws IOException {
    int value;
    do {
      file.mark(1);
      value = file.read();
    } while (value == 0);
    if (value > 0) {
      file.reset();
    }
    return value;
  }

  /** Runs a decoder; its failures are the file's, except those of the file system. */
  private static <T> T sound(Callable<T> action, String otherwise) {
    try {
      return action.call();
    } catch (UncheckedIOException | InvalidDataException e) {
      throw e;
    } catch (EOFException e) {
      throw new InvalidDataException(
          "it is cut off: its compressed data end too early; fetch it again", e);
    } catch (Exception e) {
      throw new InvalidDataException(otherwise, e);
    }
  }

  @Override
  public void close() throws IOException {
    member.close();
    file.close();
  }
}
