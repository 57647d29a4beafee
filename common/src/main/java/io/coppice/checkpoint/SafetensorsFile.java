package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An open safetensors file. Its header is read and checked once; tensors are then read by ranges,
 * through a buffer of at most 2.5 MiB, whatever their size. Belongs to one thread.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final Path path;
  private final SafetensorsHeader header;
  private final FSDataInputStream in;
  private final Map<String, TensorEntry> entries = new HashMap<>();
  private FloatCodec codec = FloatCodec.forElements(1);

  private SafetensorsFile(Path path, SafetensorsHeader header, FSDataInputStream in) {
    this.path = path;
    this.header = header;
    this.in = in;
    header.entries().forEach(entry -> entries.put(entry.name(), entry));
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws UsageException if there is no such file
   * @throws InvalidDataException if it breaks a rule of the format
   */
  public static SafetensorsFile open(Path path, Configuration hadoop) {
    FileSystem system = Storage.of(path, hadoop);
    long length = lengthOf(system, path);
    FSDataInputStream in = openStream(system, path);
    try {
      return new SafetensorsFile(path, readHeader(in, path, length), in);
    } catch (IOException e) {
      closeQuietly(in);
      throw Storage.cannot("read", path, e);
    } catch (RuntimeException e) {
      closeQuietly(in);
      throw e;
    }
  }

  /**
   * Opens a file whose header is known, without reading it again.
   *
   * @throws InvalidDataException if the file is gone or its length is not the header's any more
   */
  static SafetensorsFile open(Path path, Configuration hadoop, SafetensorsHeader header) {
    FileSystem system = Storage.of(path, hadoop);
    long length = Storage.status(system, path).map(FileStatus::getLen).orElse(0L);
    if (length != header.fileLength()) {
      throw new InvalidDataException(
          ("%s had %d bytes when this run began and has %d now; leave the model alone while it is "
                  + "in use")
              .formatted(path, header.fileLength(), length));
    }
    return new SafetensorsFile(path, header, openStream(system, path));
  }

  public Path path() {
    return path;
  }

  public SafetensorsHeader header() {
    return header;
  }

  /** The tensors in the order of their data. */
  public List<TensorEntry> entries() {
    return header.entries();
  }

  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  /**
   * @throws InvalidDataException if the file has no such tensor
   */
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new InvalidDataException("%s has no tensor %s".formatted(path, Words.quote(name)));
    }
    return entry;
  }

  /**
   * Reads a whole tensor as float32 into a destination of {@link TensorEntry#rows()} × {@link
   * TensorEntry#columns()}.
   *
   * @throws InvalidDataException if there is no such tensor, its type is not F32, F16 or BF16, its
   *     shape is not the destination's, or a value is NaN or infinite
   */
  public void read(String name, Tensor destination) {
    TensorEntry entry = entry(name);
    if (entry.rows() != destination.rows()) {
      throw wrongShape(entry, destination);
    }
    readRows(name, 0, destination);
  }

  /**
   * Reads as many rows as the destination has, from {@code firstRow} on.
   *
   * @throws InvalidDataException as {@link #read} does
   * @throws IndexOutOfBoundsException if the tensor has fewer rows
   */
  public void readRows(String name, long firstRow, Tensor destination) {
    TensorEntry entry = entry(name);
    requireFloat(entry);
    if (entry.columns() != destination.columns()) {
      throw wrongShape(entry, destination);
    }
    if (firstRow < 0 || firstRow > entry.rows() - destination.rows()) {
      throw new IndexOutOfBoundsException(
          "Rows %d to %d of %s, which has %d rows"
              .formatted(firstRow, firstRow + destination.rows(), name, entry.rows()));
    }
    long first = firstRow * entry.columns();
    FloatCodec chunk = codecFor(destination.size());
    for (long done = 0; done < destination.size(); ) {
      int count = (int) Math.min(chunk.capacity(), destination.size() - done);
      readElements(entry, first + done, count, chunk);
      store(chunk.values(), count, destination, done);
      done += count;
    }
  }

  /** Reads elements of a float tensor into the start of a codec's values, and checks them. */
  void readElements(TensorEntry entry, long first, int count, FloatCodec chunk) {
    int elementBytes = entry.type().bits() / Byte.SIZE;
    readBytes(entry.begin() + first * elementBytes, chunk.bytes(), count * elementBytes);
    chunk.decode(entry.type(), count);
    int bad = chunk.firstNonFinite(count);
    if (bad >= 0) {
      throw nonFinite(entry, first + bad, chunk.values()[bad]);
    }
  }

  /** Reads bytes at a position of the file into the start of a buffer. */
  void readBytes(long position, byte[] buffer, int length) {
    try {
      in.seek(position);
      in.readFully(buffer, 0, length);
    } catch (EOFException e) {
      throw new InvalidDataException(
          ("%s ends before byte %d, though its length was checked; leave the model alone while it "
                  + "is in use")
              .formatted(path, position + length),
          e);
    } catch (IOException e) {
      throw Storage.cannot("read", path, e);
    }
  }

  /**
   * @throws InvalidDataException if the tensor's type has no float32 values
   */
  void requireFloat(TensorEntry entry) {
    if (!entry.type().isFloat32Convertible()) {
      throw new InvalidDataException(
          ("Tensor %s in %s is %s, but only F32, F16 and BF16 weights can be read; use a "
                  + "checkpoint that is not quantised")
              .formatted(Words.quote(entry.name()), path, entry.type()));
    }
  }

  @Override
  public void close() {
    closeQuietly(in);
  }

  private FloatCodec codecFor(long elements) {
    FloatCodec wanted = codec;
    if (wanted.capacity() < elements) {
      wanted = FloatCodec.forElements(elements);
      codec = wanted;
    }
    return wanted;
  }

  private static void store(float[] values, int count, Tensor destination, long position) {
    int columns = destination.columns();
    for (int done = 0; done < count; ) {
      int row = (int) ((position + done) / columns);
      int column = (int) ((position + done) % columns);
      int length = Math.min(columns - column, count - done);
      destination.write(row, column, values, done, length);
      done += length;
    }
  }

  private InvalidDataException wrongShape(TensorEntry entry, Tensor destination) {
    return new InvalidDataException(
        ("Tensor %s in %s has the shape %s, but %d x %d is expected; config.json and the weights "
                + "do not belong together")
            .formatted(
                Words.quote(entry.name()),
                path,
                entry.shape(),
                destination.rows(),
                destination.columns()));
  }

  private InvalidDataException nonFinite(TensorEntry entry, long index, float value) {
    return new InvalidDataException(
        "Tensor %s in %s holds %s at row %d, column %d; the checkpoint is broken, get a sound copy"
            .formatted(
                Words.quote(entry.name()),
                path,
                Float.isNaN(value) ? "NaN" : "an infinite value",
                index / entry.columns(),
                index % entry.columns()));
  }

  private static SafetensorsHeader readHeader(FSDataInputStream in, Path path, long length)
      throws IOException {
    HeaderParser parser = new HeaderParser(path, length);
    parser.requireHeaderLength();
    byte[] prefix = new byte[HeaderParser.LENGTH_BYTES];
    in.readFully(prefix);
    long headerLength = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = new byte[parser.headerLength(headerLength)];
    in.readFully(header);
    return parser.parse(header);
  }

  private static long lengthOf(FileSystem system, Path path) {
    FileStatus status =
        Storage.status(system, path)
            .orElseThrow(() -> new UsageException("%s does not exist".formatted(path)));
    if (status.isDirectory()) {
      throw new InvalidDataException(
          "%s is a folder, but must be a safetensors file".formatted(path));
    }
    return status.getLen();
  }

  private static FSDataInputStream openStream(FileSystem system, Path path) {
    try {
      return system.open(path);
    } catch (IOException e) {
      throw Storage.cannot("open", path, e);
    }
  }

  private static void closeQuietly(FSDataInputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // Everything that was wanted has been read.
    }
  }
}
