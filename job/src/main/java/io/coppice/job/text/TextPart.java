package io.coppice.job.text;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * Part of a text file. The parts of a file cover it without overlap; a record belongs to the part
 * in which it begins.
 *
 * @param file the path with its file system
 * @param fileLength bytes of the file when it was listed
 * @param begin the part's first byte
 * @param end the byte after its last one
 */
public record TextPart(
    String file,
    long fileLength,
    TextFormat format,
    Compression compression,
    long begin,
    long end) {

  /** The path of the file. */
  Path path() {
    return new Path(file);
  }

  /** Whether this is the first part of its file. */
  boolean isFirst() {
    return begin == 0;
  }

  /** Parts as bytes, for {@link #read}: those need no registration with Kryo. */
  static byte[] toBytes(List<TextPart> parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream output = new DataOutputStream(bytes)) {
      output.writeInt(parts.size());
      for (TextPart part : parts) {
        output.writeUTF(part.file);
        output.writeLong(part.fileLength);
        output.writeUTF(part.format.name());
        output.writeUTF(part.compression.name());
        output.writeLong(part.begin);
        output.writeLong(part.end);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Reads parts that {@link #toBytes} wrote. */
  public static List<TextPart> read(byte[] bytes) {
    try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int count = input.readInt();
      List<TextPart> parts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        parts.add(
            new TextPart(
                input.readUTF(),
                input.readLong(),
                TextFormat.valueOf(input.readUTF()),
                Compression.valueOf(input.readUTF()),
                input.readLong(),
                input.readLong()));
      }
      return parts;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
