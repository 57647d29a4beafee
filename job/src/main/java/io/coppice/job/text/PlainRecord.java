package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;

/** A whole file as one document; an empty file holds none. */
final class PlainRecord {
  /** Java's arrays end a little before that of all ints. */
  private static final int LONGEST = Integer.MAX_VALUE - 16;

  private PlainRecord() {}

  static ReadTotals read(TextPart part, Configuration hadoop, RecordConsumer consumer) {
    try (InputStream text = TextStream.open(part, hadoop)) {
      byte[] bytes = text.readNBytes(LONGEST);
      if (bytes.length == LONGEST && text.read() >= 0) {
        throw new InvalidDataException(
            "it is one document of more than 2 GiB; cut it into several files, or give JSON lines");
      }
      if (bytes.length > 0) {
        consumer.accept(bytes, bytes.length, 0);
      }
      long counted = part.compression() == Compression.NONE ? bytes.length : 0;
      return new ReadTotals(1, 0, counted, 0, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + part.file(), e);
    }
  }
}
