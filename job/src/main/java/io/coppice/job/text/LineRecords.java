package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.util.LineReader;

/**
 * The lines that begin in a part. By Hadoop's convention a part leaves the line that its first byte
 * is in, or begins, to the part before, which in turn reads one that begins just at its end.
 */
final class LineRecords {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int BYTE_ORDER_MARK = 0xefbbbf;

  private LineRecords() {}

  /** Reads them, without their ends and the byte order mark that a file may begin with. */
  static ReadTotals read(TextPart part, Configuration hadoop, RecordConsumer consumer) {
    boolean compressed = part.compression() != Compression.NONE;
    long end = compressed ? Long.MAX_VALUE : part.end();
    try (InputStream text = TextStream.open(part, hadoop);
        LineReader lines = new LineReader(text, BUFFER_BYTES)) {
      Text line = new Text();
      long position = part.begin();
      if (!part.isFirst()) {
        position += lines.readLine(line);
      }
      long from = position;
      while (position <= end) {
        int bytes = lines.readLine(line);
        if (bytes == 0) {
          break;
        }
        accept(line, position, consumer);
        position += bytes;
      }
      return new ReadTotals(part.isFirst() ? 1 : 0, 0, compressed ? 0 : position - from, 0, 0);
    } catch (IOException e) {
      // The file system throws others; this one means a line longer than an array can be.
      throw new InvalidDataException(
          "it has a line that is too long (%s)".formatted(Storage.reason(e)), e);
    }
  }

  private static void accept(Text line, long position, RecordConsumer consumer) {
    byte[] bytes = line.getBytes();
    int length = line.getLength();
    if (position == 0 && beginsWithMark(bytes, length)) {
      byte[] rest = line.copyBytes();
      System.arraycopy(rest, 3, rest, 0, rest.length - 3);
      consumer.accept(rest, length - 3, position);
    } else {
      consumer.accept(bytes, length, position);
    }
  }

  private static boolean beginsWithMark(byte[] bytes, int length) {
    return length >= 3
        && (((bytes[0] & 0xff) << 16) | ((bytes[1] & 0xff) << 8) | (bytes[2] & 0xff))
            == BYTE_ORDER_MARK;
  }
}
