package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.storage.AtomicFile;
import io.coppice.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Writes a safetensors file, tensor by tensor, through a buffer of at most 2.5 MiB. Equal tensors
 * give equal bytes.
 *
 * <p>Tensors must be written in the order of {@link #entries()}. The file appears at {@link
 * #commit()}; closing without a commit leaves no file.
 *
 * <pre>{@code
 * try (SafetensorsWriter writer = SafetensorsWriter.create(file, hadoop, specs)) {
 *   for (TensorEntry entry : writer.entries()) {
 *     writer.write(entry.name(), weights.get(entry.name()));
 *   }
 *   writer.commit();
 * }
 * }</pre>
 */
public final class SafetensorsWriter implements AutoCloseable {
  /** The metadata without which transformers refuses the file. */
  public static final Map<String, String> METADATA = Map.of("format", "pt");

  private final AtomicFile file;
  private final List<TensorEntry> entries;
  private FloatCodec codec = FloatCodec.forElements(1);
  private int current;
  private long writtenElements;

  private SafetensorsWriter(AtomicFile file, List<TensorEntry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /** Begins a file with the default {@link #METADATA}. */
  public static SafetensorsWriter create(
      Path path, Configuration hadoop, Collection<TensorSpec> tensors) {
    return create(path, hadoop, tensors, METADATA);
  }

  /**
   * Begins a file. The tensors are put in the reference writer's order: types of large alignment
   * first, then by name.
   *
   * @throws IllegalArgumentException if two tensors have the same name
   * @throws java.io.UncheckedIOException if the file cannot be created
   */
  public static SafetensorsWriter create(
      Path path,
      Configuration hadoop,
      Collection<TensorSpec> tensors,
      Map<String, String> metadata) {
    return begin(path, hadoop, HeaderWriter.sorted(path.getName(), tensors, metadata));
  }

  /**
   * Writes a whole file of float32 matrices.
   *
   * @param tensors by their names
   * @throws InvalidDataException as {@link #write} does
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public static void writeFloat32(
      Path path, Configuration hadoop, Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<TensorSpec> specs =
        tensors.entrySet().stream()
            .map(
                tensor ->
                    TensorSpec.matrix(
                        tensor.getKey(),
                        DataType.F32,
                        tensor.getValue().rows(),
                        tensor.getValue().columns()))
            .toList();
    try (SafetensorsWriter writer = create(path, hadoop, specs, metadata)) {
      for (TensorEntry entry : writer.entries()) {
        writer.write(entry.name(), tensors.get(entry.name()));
      }
      writer.commit();
    }
  }

  /**
   * Begins a file of another one's tensors, in their order: with the very same header, if that is a
   * safetensors file too.
   */
  static SafetensorsWriter like(Path path, Configuration hadoop, WeightsFile source) {
    byte[] header =
        source instanceof SafetensorsFile safetensors
            ? safetensors.headerBytes()
            : HeaderWriter.aligned(path.getName(), specs(source), METADATA).bytes();
    return begin(path, hadoop, source.entries(), header);
  }

  private static List<TensorSpec> specs(WeightsFile source) {
    return source.entries().stream().map(TensorEntry::spec).toList();
  }

  /** Begins a file of tensors in their given order, as far as alignment permits. */
  static SafetensorsWriter inOrder(
      Path path,
      Configuration hadoop,
      Collection<TensorSpec> tensors,
      Map<String, String> metadata) {
    return begin(path, hadoop, HeaderWriter.aligned(path.getName(), tensors, metadata));
  }

  /** Begins a file with a header that was read before: its bytes, and the tensors in it. */
  static SafetensorsWriter again(
      Path path, Configuration hadoop, List<TensorEntry> entries, byte[] header) {
    return begin(path, hadoop, entries, header);
  }

  private static SafetensorsWriter begin(Path path, Configuration hadoop, HeaderWriter header) {
    return begin(path, hadoop, header.entries(), header.bytes());
  }

  private static SafetensorsWriter begin(
      Path path, Configuration hadoop, List<TensorEntry> entries, byte[] header) {
    AtomicFile file = AtomicFile.create(path, hadoop);
    try {
      file.write(header, 0, header.length);
      SafetensorsWriter writer = new SafetensorsWriter(file, entries);
      writer.skipFinished();
      return writer;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The tensors in the order in which they must be written. */
  public List<TensorEntry> entries() {
    return entries;
  }

  /**
   * Writes the next rows of a tensor, all of them or a part, converted to its type.
   *
   * @throws InvalidDataException if a value is NaN, infinite, or too large for the tensor's type
   * @throws IllegalArgumentException if the rows do not fit
   * @throws IllegalStateException if another tensor is due
   */
  public void write(String name, Tensor rows) {
    if (rows.size() == 0) {
      return;
    }
    TensorEntry entry = due(name);
    if (rows.columns() != entry.columns() || rows.size() > entry.size() - writtenElements) {
      throw new IllegalArgumentException(
          "%s does not fit into what is left of %s %s"
              .formatted(rows, Words.quote(name), entry.shape()));
    }
    FloatCodec chunk = codecFor(rows.size());
    for (long done = 0; done < rows.size(); ) {
      int count = (int) Math.min(chunk.capacity(), rows.size() - done);
      chunk.load(rows, done, count);
      writeElements(entry, chunk, count);
      done += count;
    }
    skipFinished();
  }

  /**
   * Writes a whole tensor from another file, bit for bit.
   *
   * @throws IllegalArgumentException if type or number of elements differ
   */
  public void copy(String name, WeightsFile source) {
    TensorEntry from = source.entry(name);
    if (from.size() == 0) {
      return;
    }
    TensorEntry to = dueWhole(from);
    if (from.type() != to.type()) {
      throw new IllegalArgumentException(
          "%s is %s and cannot be copied as %s"
              .formatted(Words.quote(name), from.type(), to.type()));
    }
    byte[] buffer = codecFor(from.bytes() / Float.BYTES + 1).bytes();
    for (long done = 0; done < from.bytes(); ) {
      int length = (int) Math.min(buffer.length, from.bytes() - done);
      source.readBytes(from, done, buffer, length);
      file.write(buffer, 0, length);
      done += length;
    }
    writtenElements = to.size();
    skipFinished();
  }

  /**
   * Writes a whole tensor from another file by way of float32.
   *
   * @throws InvalidDataException as {@link #write} and {@link WeightsFile#read} do
   * @throws IllegalArgumentException if the numbers of elements differ
   */
  public void convert(String name, WeightsFile source) {
    TensorEntry from = source.entry(name);
    FloatReader.requireFloat(source, from);
    if (from.size() == 0) {
      return;
    }
    TensorEntry to = dueWhole(from);
    FloatCodec chunk = codecFor(from.size());
    for (long done = 0; done < from.size(); ) {
      int count = (int) Math.min(chunk.capacity(), from.size() - done);
      FloatReader.readElements(source, from, done, chunk, count);
      writeElements(to, chunk, count);
      done += count;
    }
    skipFinished();
  }

  /**
   * Writes the next elements of a tensor as the file has them.
   *
   * @param bytes little-endian, from index 0 on
   * @param length whole elements of at least a byte
   * @throws IllegalStateException if another tensor is due
   * @throws IllegalArgumentException if the tensor has not so many elements left
   */
  void writeBytes(String name, byte[] bytes, int length) {
    if (length == 0) {
      return;
    }
    TensorEntry entry = due(name);
    int elements = length / (entry.type().bits() / Byte.SIZE);
    if (elements > entry.size() - writtenElements) {
      throw new IllegalArgumentException(
          "%d more elements do not fit into %s %s"
              .formatted(elements, Words.quote(name), entry.shape()));
    }
    file.write(bytes, 0, length);
    writtenElements += elements;
    skipFinished();
  }

  /**
   * Makes the file visible.
   *
   * @throws IllegalStateException if a tensor is missing or incomplete
   * @throws java.io.UncheckedIOException if it cannot be finished
   */
  public void commit() {
    if (current < entries.size()) {
      throw new IllegalStateException(
          "Tensor %s of %s is not complete"
              .formatted(Words.quote(entries.get(current).name()), file.file()));
    }
    file.commit();
  }

  @Override
  public void close() {
    file.close();
  }

  /** Converts and appends a codec's first values, which continue the entry. */
  private void writeElements(TensorEntry entry, FloatCodec chunk, int count) {
    if (!entry.type().isFloat32Convertible()) {
      throw new IllegalArgumentException(
          "%s is %s and cannot hold float32 values"
              .formatted(Words.quote(entry.name()), entry.type()));
    }
    chunk.encode(entry.type(), count);
    int bad = chunk.firstNonFiniteEncoded(entry.type(), count);
    if (bad >= 0) {
      throw nonFinite(entry, writtenElements + bad, chunk.values()[bad]);
    }
    file.write(chunk.bytes(), 0, count * (entry.type().bits() / Byte.SIZE));
    writtenElements += count;
  }

  private InvalidDataException nonFinite(TensorEntry entry, long index, float value) {
    String problem =
        Float.isFinite(value)
            ? "%s, which %s cannot hold".formatted(value, entry.type())
            : Float.isNaN(value) ? "NaN" : "an infinite value";
    return new InvalidDataException(
        "Tensor %s to be written to %s has %s at row %d, column %d"
            .formatted(
                Words.quote(entry.name()),
                file.file(),
                problem,
                index / entry.columns(),
                index % entry.columns()));
  }

  private TensorEntry due(String name) {
    if (current == entries.size() || !entries.get(current).name().equals(name)) {
      throw new IllegalStateException(
          "%s was given to %s, but %s is due"
              .formatted(
                  Words.quote(name),
                  file.file(),
                  current == entries.size()
                      ? "nothing"
                      : Words.quote(entries.get(current).name())));
    }
    return entries.get(current);
  }

  private TensorEntry dueWhole(TensorEntry from) {
    TensorEntry to = due(from.name());
    if (from.size() != to.size() || writtenElements != 0) {
      throw new IllegalArgumentException(
          "%s %s cannot become %s".formatted(Words.quote(from.name()), from.shape(), to.shape()));
    }
    return to;
  }

  private void skipFinished() {
    while (current < entries.size() && writtenElements == entries.get(current).size()) {
      current++;
      writtenElements = 0;
    }
  }

  private FloatCodec codecFor(long elements) {
    codec = codec.atLeast(elements);
    return codec;
  }
}
