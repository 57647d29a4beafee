package io.coppice.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Unpacks one weight through buffers of at most some MiB, and refuses bits beyond the columns, row
 * offsets that are not the sums of the bits before, and bits that are more or fewer than elements.
 */
final class BitmaskReader {
  private static final int MASK_BYTES = 1 << 15;

  private final WeightsFile packed;
  private final BitmaskTensor tensor;
  private final SafetensorsWriter writer;
  private final int elementBytes;
  private final ByteSource elements;
  private final ByteSource offsets;
  private long unpacked;

  BitmaskReader(WeightsFile packed, BitmaskTensor tensor, SafetensorsWriter writer) {
    this.packed = packed;
    this.tensor = tensor;
    this.writer = writer;
    elementBytes = tensor.type().bits() / Byte.SIZE;
    elements = source(BitmaskTensor.COMPRESSED);
    offsets = source(BitmaskTensor.ROW_OFFSETS);
  }

  /** Appends the dense weight to the file that is written. */
  void unpack() {
    ByteSource bits = source(BitmaskTensor.BITMASK);
    long rowBytes = tensor.rowBytes();
    byte[] mask = new byte[(int) Math.min(MASK_BYTES, Math.max(1, rowBytes))];
    byte[] dense = new byte[mask.length * Byte.SIZE * elementBytes];
    byte[] offset = new byte[Long.BYTES];
    for (long row = 0; row < tensor.rows(); row++) {
      offsets.read(offset, 0, Long.BYTES);
      long said = ByteBuffer.wrap(offset).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (said != unpacked) {
        throw tensor.broken(
            packed,
            "%d as the offset of row %d, before which %d bits are set"
                .formatted(said, row, unpacked));
      }
      for (long done = 0; done < rowBytes; ) {
        int count = (int) Math.min(mask.length, rowBytes - done);
        bits.read(mask, 0, count);
        boolean last = done + count == rowBytes;
        if (last && (mask[count - 1] & 0xff & ~tensor.lastBits()) != 0) {
          throw tensor.broken(packed, "bits beyond the columns in row %d".formatted(row));
        }
        long columns = Math.min((long) count * Byte.SIZE, tensor.columns() - done * Byte.SIZE);
        spread(mask, dense, (int) columns);
        done += count;
      }
    }
    if (unpacked != tensor.nonZeros()) {
      throw tensor.broken(
          packed, "%d elements, but only %d bits are set".formatted(tensor.nonZeros(), unpacked));
    }
  }

  private void spread(byte[] mask, byte[] dense, int columns) {
    Arrays.fill(dense, 0, columns * elementBytes, (byte) 0);
    for (int column = 0; column < columns; column++) {
      if ((mask[column / Byte.SIZE] >> (column % Byte.SIZE) & 1) != 0) {
        if (unpacked == tensor.nonZeros()) {
          throw tensor.broken(
              packed, "%d elements, but more bits are set".formatted(tensor.nonZeros()));
        }
        elements.read(dense, column * elementBytes, elementBytes);
        unpacked++;
      }
    }
    writer.writeBytes(tensor.weight(), dense, columns * elementBytes);
  }

  private ByteSource source(String ending) {
    return new ByteSource(packed, packed.entry(tensor.name(ending)));
  }

  /** The bytes of a tensor one after the other. */
  private static final class ByteSource {
    private static final int BUFFER = 1 << 18;

    private final WeightsFile file;
    private final TensorEntry entry;
    private final byte[] buffer;
    private long loaded;
    private int position;
    private int length;

    ByteSource(WeightsFile file, TensorEntry entry) {
      this.file = file;
      this.entry = entry;
      buffer = new byte[(int) Math.min(BUFFER, entry.bytes())];
    }

    /** Reads bytes that the tensor has. */
    void read(byte[] into, int at, int count) {
      for (int done = 0; done < count; ) {
        if (position == length) {
          length = (int) Math.min(buffer.length, entry.bytes() - loaded);
          file.readBytes(entry, loaded, buffer, length);
          loaded += length;
          position = 0;
        }
        int part = Math.min(count - done, length - position);
        System.arraycopy(buffer, position, into, at + done, part);
        position += part;
        done += part;
      }
    }
  }
}
