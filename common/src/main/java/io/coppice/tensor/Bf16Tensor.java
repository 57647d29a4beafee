package io.coppice.tensor;

import java.util.Objects;

/**
 * A bfloat16 matrix in an {@link Arena}, row-major: the first 16 bits of float32, so 8 bits of
 * exponent and 8 significant ones. Only an operand of products: it is filled by {@link Blas#round}.
 */
public final class Bf16Tensor implements Operand {
  private final long address;
  private final int rows;
  private final int columns;
  private final int stride;

  Bf16Tensor(long address, int rows, int columns, int stride) {
    this.address = address;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
  }

  /**
   * The bfloat16 nearest to a value, as its 16 bits; ties to even, NaN quiet, and subnormal values
   * 0, as processors with bfloat16 units have it.
   */
  public static short bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7f800000) == 0) {
      return (short) (bits >>> 16 & 0x8000);
    }
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** The value of 16 bits, exactly. */
  public static float value(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public int stride() {
    return stride;
  }

  /** The first {@code count} rows, on the same memory. */
  public Bf16Tensor first(int count) {
    return window(0, count, 0, columns);
  }

  @Override
  public Bf16Tensor window(int row, int rowCount, int column, int columnCount) {
    Objects.checkFromIndexSize(row, rowCount, rows);
    Objects.checkFromIndexSize(column, columnCount, columns);
    return new Bf16Tensor(addressOf(row, column), rowCount, columnCount, stride);
  }

  public float get(int row, int column) {
    Objects.checkIndex(row, rows);
    Objects.checkIndex(column, columns);
    return value(Memory.readShort(addressOf(row, column)));
  }

  /** Reads elements of a row, widened, into the start of {@code destination}. */
  void readRow(int row, int column, float[] destination, int length) {
    for (int i = 0; i < length; i++) {
      destination[i] = value(Memory.readShort(addressOf(row, column + i)));
    }
  }

  /** Writes a row from values, rounded. */
  void writeRow(int row, float[] source) {
    for (int i = 0; i < columns; i++) {
      Memory.writeShort(addressOf(row, i), bits(source[i]));
    }
  }

  /** The address of the first element, for native calls; valid until the arena is closed. */
  long address() {
    return Memory.require(address);
  }

  private long addressOf(int row, int column) {
    return address + ((long) row * stride + column) * Short.BYTES;
  }

  @Override
  public String toString() {
    return "bfloat16 tensor " + rows + " x " + columns;
  }
}
