package io.coppice.checkpoint;

/**
 * IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits. Conversions are exact to float32, and
 * round to nearest, ties to even, from it; values that are too large become infinite.
 */
final class Float16 {
  /** The exponent bits; all set in infinities and NaN. */
  static final int EXPONENT = 0x7c00;

  private static final int FLOAT_INFINITY = 0x7f800000;
  // 65520, the least value that rounds to infinity.
  private static final int OVERFLOW = 0x477ff000;
  // 2^-14, the least normal value.
  private static final int LEAST_NORMAL = 0x38800000;
  // 0.5 has the same unit in the last place as the subnormals of binary16, 2^-24.
  private static final int HALF = 0x3f000000;
  private static final int EXPONENT_SHIFT = (127 - 15) << 23;
  private static final float TWO_POW_112 = 0x1p112f;

  private Float16() {}

  static void decode(short[] source, float[] destination, int count) {
    for (int i = 0; i < count; i++) {
      destination[i] = decode(source[i]);
    }
  }

  static void encode(float[] source, short[] destination, int count) {
    for (int i = 0; i < count; i++) {
      destination[i] = encode(source[i]);
    }
  }

  static float decode(short half) {
    int shifted = (half & 0x7fff) << 13;
    // Multiplying moves the exponent's bias and makes subnormals normal, exactly.
    int scaled = Float.floatToRawIntBits(Float.intBitsToFloat(shifted) * TWO_POW_112);
    int magnitude = (half & EXPONENT) == EXPONENT ? shifted | FLOAT_INFINITY : scaled;
    return Float.intBitsToFloat((half & 0x8000) << 16 | magnitude);
  }

  static short encode(float value) {
    int bits = Float.floatToRawIntBits(value);
    int magnitude = bits & 0x7fffffff;
    int result;
    if (magnitude >= OVERFLOW) {
      result = magnitude > FLOAT_INFINITY ? 0x7e00 | magnitude >>> 13 & 0x3ff : EXPONENT;
    } else if (magnitude < LEAST_NORMAL) {
      result = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f) - HALF;
    } else {
      result = magnitude - EXPONENT_SHIFT + 0xfff + (magnitude >>> 13 & 1) >>> 13;
    }
    return (short) (bits >>> 16 & 0x8000 | result);
  }
}
