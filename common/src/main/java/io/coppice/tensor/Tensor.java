package io.coppice.tensor;

import java.util.Objects;

/**
 * A float32 matrix in an {@link Arena}: {@code rows} × {@code columns}, row-major, consecutive rows
 * {@code stride} elements apart.
 *
 * <p>A vector is a tensor of one row. Higher shapes are folded into rows: activations of B windows
 * of T tokens and width H are a tensor of B·T × H. Element access is checked and meant for tests
 * and cold paths; hot loops move whole rows through {@code float[]} tiles or pass tensors to {@link
 * Blas}. Not safe for concurrent writing of the same elements.
 */
public final class Tensor implements Operand {
  private final long address;
  private final int rows;
  private final int columns;
  private final int stride;

  Tensor(long address, int rows, int columns, int stride) {
    this.address = address;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  /** Elements between the starts of two consecutive rows; at least {@link #columns()}. */
  @Override
  public int stride() {
    return stride;
  }

  /** The number of elements. */
  public long size() {
    return (long) rows * columns;
  }

  /** Whether rows follow each other without a gap. */
  public boolean isContiguous() {
    return stride == columns || rows <= 1;
  }

  /** A window on the same memory: rows {@code [row, row + count)}. */
  public Tensor rows(int row, int count) {
    Objects.checkFromIndexSize(row, count, rows);
    return new Tensor(addressOf(row, 0), count, columns, stride);
  }

  /** A window on the same memory: columns {@code [column, column + count)}. */
  public Tensor columns(int column, int count) {
    Objects.checkFromIndexSize(column, count, columns);
    return new Tensor(addressOf(0, column), rows, count, stride);
  }

  /** A window on the same memory: {@code rows(row, rowCount).columns(column, columnCount)}. */
  @Override
  public Tensor window(int row, int rowCount, int column, int columnCount) {
    Objects.checkFromIndexSize(row, rowCount, rows);
    Objects.checkFromIndexSize(column, columnCount, columns);
    return new Tensor(addressOf(row, column), rowCount, columnCount, stride);
  }

  /** The same memory in another shape of the same size; needs a contiguous tensor. */
  public Tensor reshape(int newRows, int newColumns) {
    if (!isContiguous() || (long) newRows * newColumns != size()) {
      throw new IllegalArgumentException(
          "Cannot reshape %s to %d x %d".formatted(this, newRows, newColumns));
    }
    return new Tensor(address, newRows, newColumns, newColumns);
  }

  public float get(int row, int column) {
    check(row, column, 1);
    return Memory.read(addressOf(row, column));
  }

  public void set(int row, int column, float value) {
    check(row, column, 1);
    Memory.write(addressOf(row, column), value);
  }

  /** Copies {@code length} elements of a row, from {@code column} on, into {@code destination}. */
  public void read(int row, int column, float[] destination, int offset, int length) {
    check(row, column, length);
    Objects.checkFromIndexSize(offset, length, destination.length);
    Memory.read(addressOf(row, column), destination, offset, length);
  }

  /** Copies {@code length} elements of {@code source} into a row, from {@code column} on. */
  public void write(int row, int column, float[] source, int offset, int length) {
    check(row, column, length);
    Objects.checkFromIndexSize(offset, length, source.length);
    Memory.write(addressOf(row, column), source, offset, length);
  }

  /**
   * Copies {@code width} elements, from {@code column} on, of each of {@code count} rows into a
   * tile whose rows start {@code tileStride} elements apart. One copy if neither side has gaps.
   */
  public void readRows(int row, int count, int column, int width, float[] tile, int tileStride) {
    checkTile(row, count, column, width, tile, tileStride);
    if (width == stride && width == tileStride) {
      Memory.read(addressOf(row, column), tile, 0, count * width);
      return;
    }
    for (int i = 0; i < count; i++) {
      Memory.read(addressOf(row + i, column), tile, i * tileStride, width);
    }
  }

  /** The way back of {@link #readRows}. */
  public void writeRows(int row, int count, int column, int width, float[] tile, int tileStride) {
    checkTile(row, count, column, width, tile, tileStride);
    if (width == stride && width == tileStride) {
      Memory.write(addressOf(row, column), tile, 0, count * width);
      return;
    }
    for (int i = 0; i < count; i++) {
      Memory.write(addressOf(row + i, column), tile, i * tileStride, width);
    }
  }

  /** Copies a whole row into the start of {@code destination}. */
  public void readRow(int row, float[] destination) {
    read(row, 0, destination, 0, columns);
  }

  /** Copies the start of {@code source} over a whole row. */
  public void writeRow(int row, float[] source) {
    write(row, 0, source, 0, columns);
  }

  /** Copies all elements of {@code source}, which has the same shape. */
  public void copyFrom(Tensor source) {
    requireShape(source.rows, source.columns);
    if (isContiguous() && source.isContiguous()) {
      Memory.copy(source.address, address, size() * Float.BYTES);
      return;
    }
    for (int row = 0; row < rows; row++) {
      Memory.copy(source.addressOf(row, 0), addressOf(row, 0), (long) columns * Float.BYTES);
    }
  }

  /** Sets every element to zero. */
  public void zero() {
    if (isContiguous()) {
      Memory.zero(address, size() * Float.BYTES);
      return;
    }
    for (int row = 0; row < rows; row++) {
      Memory.zero(addressOf(row, 0), (long) columns * Float.BYTES);
    }
  }

  /** The number of elements that are exactly zero. */
  public long countZeros() {
    float[] row = new float[columns];
    long zeros = 0;
    for (int i = 0; i < rows; i++) {
      readRow(i, row);
      for (float value : row) {
        zeros += value == 0 ? 1 : 0;
      }
    }
    return zeros;
  }

  /** All elements in row order; for tests and small tensors. */
  public float[] toArray() {
    float[] values = new float[Math.toIntExact(size())];
    for (int row = 0; row < rows; row++) {
      read(row, 0, values, row * columns, columns);
    }
    return values;
  }

  /** Sets all elements, in row order, from an array of exactly {@link #size()} values. */
  public void fill(float[] values) {
    if (values.length != size()) {
      throw new IllegalArgumentException("%s cannot take %d values".formatted(this, values.length));
    }
    for (int row = 0; row < rows; row++) {
      write(row, 0, values, row * columns, columns);
    }
  }

  /**
   * @throws IllegalArgumentException unless this tensor is {@code rows} × {@code columns}
   */
  public void requireShape(int rows, int columns) {
    if (this.rows != rows || this.columns != columns) {
      throw new IllegalArgumentException(
          "Expected a tensor of %d x %d, got %s".formatted(rows, columns, this));
    }
  }

  /** The address of the first element, for native calls; valid until the arena is closed. */
  long address() {
    return Memory.require(address);
  }

  private long addressOf(int row, int column) {
    return address + ((long) row * stride + column) * Float.BYTES;
  }

  private void check(int row, int column, int length) {
    Objects.checkIndex(row, rows);
    Objects.checkFromIndexSize(column, length, columns);
  }

  private void checkTile(int row, int count, int column, int width, float[] tile, int tileStride) {
    Objects.checkFromIndexSize(row, count, rows);
    Objects.checkFromIndexSize(column, width, columns);
    if (width > tileStride || (long) count * tileStride > tile.length) {
      throw new IndexOutOfBoundsException(
          "%d rows of %d, %d apart, do not fit a tile of %d"
              .formatted(count, width, tileStride, tile.length));
    }
  }

  @Override
  public String toString() {
    return "tensor " + rows + " x " + columns;
  }
}
