package io.coppice.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files put together by hand, sound or not, independent of the code under test. */
final class RawFile {

  private RawFile() {}

  /**
   * A file of this header, preceded by its correct length and followed by a number of bytes of
   * data.
   */
  static Path write(Path file, String header, int dataBytes) {
    return write(file, header, new byte[dataBytes]);
  }

  static Path write(Path file, String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return write(file, json.length, json, data);
  }

  static Path write(Path file, long headerLength, byte[] header, byte[] data) {
    ByteBuffer content =
        ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    content.putLong(headerLength).put(header).put(data);
    try {
      return Files.write(file, content.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] floats(float... values) {
    ByteBuffer content =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    content.asFloatBuffer().put(values);
    return content.array();
  }

  static org.apache.hadoop.fs.Path hadoop(Path file) {
    return new org.apache.hadoop.fs.Path(file.toAbsolutePath().toString());
  }
}
