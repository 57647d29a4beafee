package io.coppice.tensor;

/**
 * bfloat16: the upper half of a float32. Conversions are exact to float32, and round to nearest,
 * ties to even, from it; the largest values become infinite.
 */
public final class BFloat16 {
  /** The exponent bits; all set in infinities and NaN. */
  public static final int EXPONENT = 0x7f80;

  private BFloat16() {}

  /** The float32 value of a bfloat16. */
  public static float decode(short value) {
    return Float.intBitsToFloat(value << 16);
  }

  /** Decodes the first {@code count} values. */
  public static void decode(short[] source, float[] destination, int count) {
    for (int i = 0; i < count; i++) {
      destination[i] = decode(source[i]);
    }
  }

  /** Encodes the first {@code count} values. */
  public static void encode(float[] source, short[] destination, int count) {
    for (int i = 0; i < count; i++) {
      destination[i] = encode(source[i]);
    }
  }

  /** The bfloat16 that is nearest to a value. */
  public static short encode(float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounded = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
    // Rounding could carry a NaN's mantissa into infinity; keep it, quiet.
    int quiet = bits >>> 16 | 0x40;
    return (short) ((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
  }
}
