package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.tensor.Tensor;

/**
 * Reads the tensors of a file as float32, through a buffer of at most 2.5 MiB, and checks every
 * value. Belongs to one thread.
 */
final class FloatReader {
  private final WeightsFile file;
  private FloatCodec codec = FloatCodec.forElements(1);

  FloatReader(WeightsFile file) {
    this.file = file;
  }

  /** As {@link WeightsFile#read}. */
  void read(TensorEntry entry, Tensor destination) {
    if (entry.rows() != destination.rows()) {
      throw wrongShape(entry, destination);
    }
    readRows(entry, 0, destination);
  }

  /** As {@link WeightsFile#readRows}. */
  void readRows(TensorEntry entry, long firstRow, Tensor destination) {
    requireFloat(file, entry);
    if (entry.columns() != destination.columns()) {
      throw wrongShape(entry, destination);
    }
    if (firstRow < 0 || firstRow > entry.rows() - destination.rows()) {
      throw new IndexOutOfBoundsException(
          "Rows %d to %d of %s, which has %d rows"
              .formatted(firstRow, firstRow + destination.rows(), entry.name(), entry.rows()));
    }
    long first = firstRow * entry.columns();
    FloatCodec chunk = codec.atLeast(destination.size());
    codec = chunk;
    for (long done = 0; done < destination.size(); ) {
      int count = (int) Math.min(chunk.capacity(), destination.size() - done);
      readElements(file, entry, first + done, chunk, count);
      chunk.store(destination, done, count);
      done += count;
    }
  }

  /** Reads elements of a float tensor into the start of a codec's values, and checks them. */
  static void readElements(
      WeightsFile file, TensorEntry entry, long first, FloatCodec chunk, int count) {
    int elementBytes = entry.type().bits() / Byte.SIZE;
    file.readBytes(entry, first * elementBytes, chunk.bytes(), count * elementBytes);
    chunk.decode(entry.type(), count);
    int bad = chunk.firstNonFinite(count);
    if (bad >= 0) {
      throw nonFinite(file, entry, first + bad, chunk.values()[bad]);
    }
  }

  /**
   * @throws InvalidDataException if the tensor's type has no float32 values
   */
  static void requireFloat(WeightsFile file, TensorEntry entry) {
    if (!entry.type().isFloat32Convertible()) {
      throw new InvalidDataException(
          ("Tensor %s in %s is %s, but only F32, F16 and BF16 weights can be read; use a "
                  + "checkpoint that is not quantized")
              .formatted(Words.quote(entry.name()), file.path(), entry.type()));
    }
  }

  private InvalidDataException wrongShape(TensorEntry entry, Tensor destination) {
    return new InvalidDataException(
        ("Tensor %s in %s has the shape %s, but %d x %d is expected; config.json and the weights "
                + "do not belong together")
            .formatted(
                Words.quote(entry.name()),
                file.path(),
                entry.shape(),
                destination.rows(),
                destination.columns()));
  }

  private static InvalidDataException nonFinite(
      WeightsFile file, TensorEntry entry, long index, float value) {
    return new InvalidDataException(
        "Tensor %s in %s holds %s at row %d, column %d; the checkpoint is broken, get a sound copy"
            .formatted(
                Words.quote(entry.name()),
                file.path(),
                Float.isNaN(value) ? "NaN" : "an infinite value",
                index / entry.columns(),
                index % entry.columns()));
  }
}
