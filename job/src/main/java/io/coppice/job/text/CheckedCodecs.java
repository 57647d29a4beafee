package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Factory;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Parquet's codecs, except the two whose streams wait forever if a broken page claims to be longer
 * than its bytes are.
 *
 * @param codecs the library's own
 */
record CheckedCodecs(CompressionCodecFactory codecs) implements CompressionCodecFactory {
  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName name) {
    return codecs.getCompressor(name);
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
    return switch (name) {
      case SNAPPY -> new Checked(CheckedCodecs::snappy);
      case LZ4_RAW -> new Checked(CheckedCodecs::lz4);
      default -> codecs.getDecompressor(name);
    };
  }

  @Override
  public void release() {
    codecs.release();
  }

  /** Decompresses one page as a whole. */
  @FunctionalInterface
  private interface Page {
    byte[] decompress(byte[] compressed, int length) throws IOException;
  }

  private static byte[] snappy(byte[] compressed, int length) throws IOException {
    requireLength(Snappy.uncompressedLength(compressed), length);
    return Snappy.uncompress(compressed);
  }

  private static byte[] lz4(byte[] compressed, int length) {
    byte[] page = new byte[length];
    int written =
        LZ4Factory.fastestInstance()
            .safeDecompressor()
            .decompress(compressed, 0, compressed.length, page, 0, length);
    requireLength(written, length);
    return page;
  }

  private static void requireLength(int length, int expected) {
    if (length != expected) {
      throw new InvalidDataException(
          "it is broken: a page of %d bytes says that it has %d; fetch or write it again"
              .formatted(length, expected));
    }
  }

  private record Checked(Page page) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int length) throws IOException {
      return BytesInput.from(page.decompress(bytes.toByteArray(), length));
    }

    @Override
    public void decompress(ByteBuffer input, int compressed, ByteBuffer output, int length)
        throws IOException {
      byte[] bytes = new byte[compressed];
      input.get(bytes);
      output.put(page.decompress(bytes, length));
    }

    @Override
    public void release() {
      // Nothing is kept from page to page.
    }
  }
}
