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

  /** As {@link BFloat16#encode}, but subnormal values become 0, as units for bfloat16 have it. */
  static short rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    boolean subnormal = (bits & 0x7f800000) == 0;
    return subnormal ? (short) (bits >>> 16 & 0x8000) : BFloat16.encode(value);
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
    return BFloat16.decode(Memory.readShort(addressOf(row, column)));
  }

  /** Reads elements of a row, widened, into the start of {@code destination}. */
  void readRow(int row, int column, float[] destination, int length) {
    for (int i = 0; i < length; i++) {
      destination[i] = BFloat16.decode(Memory.readShort(addressOf(row, column + i)));
    }
  }

  /** Writes a row from values, rounded. */
  void writeRow(int row, float[] source) {
    for (int i = 0; i < columns; i++) {
      Memory.writeShort(addressOf(row, i), rounded(source[i]));
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
