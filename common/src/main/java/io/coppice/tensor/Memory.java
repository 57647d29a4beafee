package io.coppice.tensor;

import java.lang.reflect.Field;
import sun.misc.Unsafe;

/**
 * Raw off-heap memory. The only class that touches addresses; callers check bounds.
 *
 * <p>Unsafe rather than direct buffers: those count against the heap's size limit and end at 2 GiB.
 */
final class Memory {
  /**
   * Where nothing is: the address of tensors of an arena that only counts. So far from any address
   * of this process that those of parts of such a tensor are negative too.
   */
  static final long NONE = Long.MIN_VALUE;

  private static final Unsafe UNSAFE = unsafe();
  private static final long ARRAY_BASE = Unsafe.ARRAY_FLOAT_BASE_OFFSET;

  private Memory() {}

  static long allocate(long bytes) {
    return UNSAFE.allocateMemory(bytes);
  }

  static void free(long address) {
    UNSAFE.freeMemory(address);
  }

  static void zero(long address, long bytes) {
    UNSAFE.setMemory(require(address), bytes, (byte) 0);
  }

  static float read(long address) {
    return UNSAFE.getFloat(require(address));
  }

  static void write(long address, float value) {
    UNSAFE.putFloat(require(address), value);
  }

  static short readShort(long address) {
    return UNSAFE.getShort(require(address));
  }

  static void writeShort(long address, short value) {
    UNSAFE.putShort(require(address), value);
  }

  static void read(long address, float[] destination, int offset, int length) {
    UNSAFE.copyMemory(
        null,
        require(address),
        destination,
        ARRAY_BASE + (long) offset * Float.BYTES,
        (long) length * Float.BYTES);
  }

  static void write(long address, float[] source, int offset, int length) {
    UNSAFE.copyMemory(
        source,
        ARRAY_BASE + (long) offset * Float.BYTES,
        null,
        require(address),
        (long) length * Float.BYTES);
  }

  static void copy(long source, long destination, long bytes) {
    UNSAFE.copyMemory(require(source), require(destination), bytes);
  }

  /**
   * The address, if there is memory.
   *
   * @throws IllegalStateException if the tensor's arena only counts
   */
  static long require(long address) {
    if (address < 0) {
      throw new IllegalStateException(
          "A tensor of an arena that only counts was read or written; it has a shape, but no"
              + " elements");
    }
    return address;
  }

  private static Unsafe unsafe() {
    try {
      Field field = Unsafe.class.getDeclaredField("theUnsafe");
      field.setAccessible(true);
      return (Unsafe) field.get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This Java has no sun.misc.Unsafe; Coppice needs Java 17", e);
    }
  }
}
