package io.coppice.checkpoint;

/**
 * The element types of the safetensors format, in its order of increasing alignment.
 *
 * <p>Only {@link #F32}, {@link #F16} and {@link #BF16} can be read as float32; tensors of every
 * other type can be copied bit for bit.
 */
public enum DataType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  DataType(int bits) {
    this.bits = bits;
  }

  /** Bits of one element; less than 8 for packed types. */
  public int bits() {
    return bits;
  }

  /** Whether elements can be converted to and from float32: F32, F16 and BF16. */
  public boolean isFloat32Convertible() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * The bytes of a tensor of this type.
   *
   * @throws ArithmeticException if shape × size overflows a long or is not a whole number of bytes
   */
  long bytes(Iterable<Long> shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    long allBits = Math.multiplyExact(elements, (long) bits);
    if (allBits % Byte.SIZE != 0) {
      throw new ArithmeticException("not a whole number of bytes");
    }
    return allBits / Byte.SIZE;
  }
}
