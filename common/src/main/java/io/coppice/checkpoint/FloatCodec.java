package io.coppice.checkpoint;

import io.coppice.tensor.BFloat16;
import io.coppice.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * One chunk of a tensor, as little-endian bytes of a file and as float32 values, and the conversion
 * between the two. Its buffers are reused; it belongs to one thread.
 */
final class FloatCodec {
  private static final int MOST_ELEMENTS = 1 << 18;

  private final byte[] bytes;
  private final float[] values;
  private final short[] halves;
  private final FloatBuffer bytesAsFloats;
  private final ShortBuffer bytesAsHalves;

  private FloatCodec(int capacity) {
    bytes = new byte[capacity * Float.BYTES];
    values = new float[capacity];
    halves = new short[capacity];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    bytesAsFloats = buffer.asFloatBuffer();
    bytesAsHalves = buffer.asShortBuffer();
  }

  /** A codec for tensors of a number of elements, which takes large ones in chunks. */
  static FloatCodec forElements(long elements) {
    return new FloatCodec((int) Math.max(1, Math.min(elements, MOST_ELEMENTS)));
  }

  /** This codec, or a larger one where it holds fewer elements than a tensor may need. */
  FloatCodec atLeast(long elements) {
    return capacity() < elements ? forElements(elements) : this;
  }

  /** The elements of a chunk. */
  int capacity() {
    return values.length;
  }

  /** The file's side, from index 0 on. */
  byte[] bytes() {
    return bytes;
  }

  /** The float32 side, from index 0 on. */
  float[] values() {
    return values;
  }

  /** Turns the bytes of the first {@code count} elements into values. */
  void decode(DataType type, int count) {
    switch (type) {
      case F32 -> bytesAsFloats.get(0, values, 0, count);
      case F16 -> {
        bytesAsHalves.get(0, halves, 0, count);
        Float16.decode(halves, values, count);
      }
      case BF16 -> {
        bytesAsHalves.get(0, halves, 0, count);
        BFloat16.decode(halves, values, count);
      }
      default -> throw new IllegalArgumentException(type + " has no float32 values");
    }
  }

  /** Turns the first {@code count} values into bytes. */
  void encode(DataType type, int count) {
    switch (type) {
      case F32 -> bytesAsFloats.put(0, values, 0, count);
      case F16 -> {
        Float16.encode(values, halves, count);
        bytesAsHalves.put(0, halves, 0, count);
      }
      case BF16 -> {
        BFloat16.encode(values, halves, count);
        bytesAsHalves.put(0, halves, 0, count);
      }
      default -> throw new IllegalArgumentException(type + " cannot hold float32 values");
    }
  }

  /** Takes the first {@code count} values from elements of a tensor, counted row by row. */
  void load(Tensor source, long position, int count) {
    eachRun(source, position, count, source::read);
  }

  /** Puts the first {@code count} values into elements of a tensor, counted row by row. */
  void store(Tensor destination, long position, int count) {
    eachRun(destination, position, count, destination::write);
  }

  /** Copies a run of elements of one row of a tensor. */
  @FunctionalInterface
  private interface RunCopy {
    void copy(int row, int column, float[] values, int offset, int length);
  }

  private void eachRun(Tensor tensor, long position, int count, RunCopy run) {
    int columns = tensor.columns();
    for (int done = 0; done < count; ) {
      int row = (int) ((position + done) / columns);
      int column = (int) ((position + done) % columns);
      int length = Math.min(columns - column, count - done);
      run.copy(row, column, values, done, length);
      done += length;
    }
  }

  /** The index of the first NaN or infinity among the values, or -1. */
  int firstNonFinite(int count) {
    // If all exponent bits are set, adding one to the lowest of them carries into the sign.
    int carry = 0;
    for (int i = 0; i < count; i++) {
      carry |= (Float.floatToRawIntBits(values[i]) & 0x7f800000) + 0x00800000;
    }
    if (carry >= 0) {
      return -1;
    }
    int index = 0;
    while (Float.isFinite(values[index])) {
      index++;
    }
    return index;
  }

  /** The index of the first value that {@link #encode} made infinite or NaN, or -1. */
  int firstNonFiniteEncoded(DataType type, int count) {
    if (type == DataType.F32) {
      return firstNonFinite(count);
    }
    int exponent = type == DataType.F16 ? Float16.EXPONENT : BFloat16.EXPONENT;
    int lowest = Integer.lowestOneBit(exponent);
    int carry = 0;
    for (int i = 0; i < count; i++) {
      carry |= (halves[i] & exponent) + lowest;
    }
    if ((carry & 0x8000) == 0) {
      return -1;
    }
    int index = 0;
    while ((halves[index] & exponent) != exponent) {
      index++;
    }
    return index;
  }
}
