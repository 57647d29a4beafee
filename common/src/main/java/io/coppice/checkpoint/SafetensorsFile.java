package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** An open safetensors file. Its header is read and checked once. */
public final class SafetensorsFile implements WeightsFile {
  private static final String FORMAT = "safetensors file";

  private final RangedInput in;
  private final SafetensorsHeader header;
  private final TensorTable tensors;

  private SafetensorsFile(RangedInput in, SafetensorsHeader header) {
    this.in = in;
    this.header = header;
    tensors = new TensorTable(this, header.entries());
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws UsageException if there is no such file
   * @throws InvalidDataException if it breaks a rule of the format
   */
  public static SafetensorsFile open(Path path, Configuration hadoop) {
    RangedInput in = RangedInput.open(path, hadoop, FORMAT);
    try {
      return new SafetensorsFile(in, readHeader(in));
    } catch (RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /**
   * Opens a file whose header is known, without reading it again.
   *
   * @throws InvalidDataException if the file is gone or its length is no longer that of the header
   */
  static SafetensorsFile open(Path path, Configuration hadoop, SafetensorsHeader header) {
    return new SafetensorsFile(RangedInput.openAgain(path, hadoop, header.fileLength()), header);
  }

  @Override
  public Path path() {
    return in.path();
  }

  public SafetensorsHeader header() {
    return header;
  }

  @Override
  public TensorTable tensors() {
    return tensors;
  }

  @Override
  public void readBytes(TensorEntry entry, long offset, byte[] buffer, int length) {
    in.read(entry.begin() + offset, buffer, length);
  }

  /** Everything that comes before the data. */
  byte[] headerBytes() {
    byte[] bytes = new byte[Math.toIntExact(header.dataStart())];
    in.read(0, bytes, bytes.length);
    return bytes;
  }

  @Override
  public void close() {
    in.close();
  }

  private static SafetensorsHeader readHeader(RangedInput in) {
    HeaderParser parser = new HeaderParser(in.path(), in.length());
    parser.requireHeaderLength();
    byte[] prefix = new byte[HeaderParser.LENGTH_BYTES];
    in.read(0, prefix, prefix.length);
    long headerLength = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = new byte[parser.headerLength(headerLength)];
    in.read(HeaderParser.LENGTH_BYTES, header, header.length);
    return parser.parse(header);
  }
}
