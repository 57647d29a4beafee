package io.coppice.job.text;

import java.io.BufferedInputStream;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;

/** Opens files of lines or plain text, decompressed. */
final class TextStream {
  private static final int BUFFER_BYTES = 1 << 16;

  private TextStream() {}

  /**
   * The text from a part's first byte on.
   *
   * @throws io.coppice.failure.InvalidDataException if the file is not what its name says
   */
  @SuppressWarnings("resource") // who closes the text closes the file
  static InputStream open(TextPart part, Configuration hadoop) {
    SourceStream source = SourceStream.open(part, hadoop);
    try {
      source.seek(part.begin());
      BufferedInputStream bytes = new BufferedInputStream(source, BUFFER_BYTES);
      if (!part.isFirst()) {
        return bytes;
      }
      FirstBytes first = FirstBytes.of(bytes);
      if (part.compression() == Compression.NONE) {
        first.requireText();
        return bytes;
      }
      first.requireCompressed(part.compression());
      BufferedInputStream text =
          new BufferedInputStream(new CompressedMembers(bytes, part.compression()), BUFFER_BYTES);
      FirstBytes.of(text).requireText();
      return text;
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }
}
