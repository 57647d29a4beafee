package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.BFloat16;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatConversionTest {
  private static final int PATTERNS = 1 << 16;

  @Test
  void everyHalfDecodesToItsDefinition() {
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      assertSame(Float16.decode((short) pattern), half(pattern), pattern);
    }
  }

  @Test
  void everyBfloatDecodesToItsDefinition() {
    short[] source = new short[1];
    float[] decoded = new float[1];
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      source[0] = (short) pattern;
      BFloat16.decode(source, decoded, 1);
      assertSame(decoded[0], bfloat(pattern), pattern);
    }
  }

  @Test
  void everyHalfAndEveryBfloatSurvivesTheWayToFloatAndBack() {
    short[] source = new short[PATTERNS];
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      source[pattern] = (short) pattern;
    }
    float[] values = new float[PATTERNS];
    short[] back = new short[PATTERNS];
    Float16.decode(source, values, PATTERNS);
    Float16.encode(values, back, PATTERNS);
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      // A NaN remains a NaN of the same sign, and becomes quiet.
      int expected = Float.isNaN(half(pattern)) ? pattern | 0x200 : pattern;
      assertThat(back[pattern] & 0xffff).isEqualTo(expected);
    }
    BFloat16.decode(source, values, PATTERNS);
    BFloat16.encode(values, back, PATTERNS);
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      int expected = Float.isNaN(bfloat(pattern)) ? pattern | 0x40 : pattern;
      assertThat(back[pattern] & 0xffff).isEqualTo(expected);
    }
  }

  @Test
  void floatsRoundToTheNearestHalfWithTiesToEven() {
    // Halves of one sign are ordered as their patterns; 0x7c00 stands for 2^16 when rounding.
    for (int pattern = 0; pattern < 0x7c00; pattern++) {
      double upper = pattern + 1 == 0x7c00 ? 65536 : half(pattern + 1);
      float tie = (float) ((half(pattern) + upper) / 2);
      int even = pattern % 2 == 0 ? pattern : pattern + 1;
      assertThat(Float16.encode(tie)).isEqualTo((short) even);
      assertThat(Float16.encode(-tie)).isEqualTo((short) (even | 0x8000));
      assertThat(Float16.encode(Math.nextUp(tie))).isEqualTo((short) (pattern + 1));
      assertThat(Float16.encode(Math.nextDown(tie))).isEqualTo((short) pattern);
    }
    assertThat(Float16.encode(Float.MAX_VALUE)).isEqualTo((short) 0x7c00);
    assertThat(Float16.encode(Float.MIN_VALUE)).isEqualTo((short) 0);
  }

  @Test
  void floatsRoundToTheNearestBfloatWithTiesToEven() {
    for (int pattern = 0; pattern < 0x7f80; pattern++) {
      float tie = Float.intBitsToFloat(pattern << 16 | 0x8000);
      int even = pattern % 2 == 0 ? pattern : pattern + 1;
      assertThat(BFloat16.encode(tie)).isEqualTo((short) even);
      assertThat(BFloat16.encode(-tie)).isEqualTo((short) (even | 0x8000));
      assertThat(BFloat16.encode(Math.nextUp(tie))).isEqualTo((short) (pattern + 1));
      assertThat(BFloat16.encode(Math.nextDown(tie))).isEqualTo((short) pattern);
    }
  }

  @Test
  void noHalfIsNearerThanTheOneChosen() {
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!(Math.abs(value) < 65520)) {
        continue;
      }
      short chosen = Float16.encode(value);
      double distance = Math.abs(half(chosen & 0xffff) - (double) value);
      for (int neighbour : new int[] {chosen - 1, chosen + 1}) {
        float other = half(neighbour & 0xffff);
        if (Float.isFinite(other)) {
          assertThat(Math.abs(other - (double) value)).isGreaterThanOrEqualTo(distance);
        }
      }
    }
  }

  @Test
  void nanStaysNanEvenIfItsPayloadIsInTheLowBitsOnly() {
    float nan = Float.intBitsToFloat(0x7f800001);
    assertThat(Float.isNaN(half(Float16.encode(nan) & 0xffff))).isTrue();
    assertThat(Float.isNaN(bfloat(BFloat16.encode(nan) & 0xffff))).isTrue();
  }

  private static void assertSame(float actual, float expected, int pattern) {
    if (Float.isNaN(expected)) {
      assertThat(actual).as("pattern %x", pattern).isNaN();
      assertThat(Float.floatToRawIntBits(actual) < 0).isEqualTo(pattern >= 0x8000);
    } else {
      assertThat(Float.floatToRawIntBits(actual))
          .as("pattern %x", pattern)
          .isEqualTo(Float.floatToRawIntBits(expected));
    }
  }

  private static float half(int pattern) {
    return define(pattern, 5, 10);
  }

  private static float bfloat(int pattern) {
    return define(pattern, 8, 7);
  }

  /** IEEE 754 interchange formats as the standard defines them, in double arithmetic. */
  private static float define(int pattern, int exponentBits, int mantissaBits) {
    int bias = (1 << exponentBits - 1) - 1;
    int exponent = pattern >> mantissaBits & (1 << exponentBits) - 1;
    double fraction = (pattern & (1 << mantissaBits) - 1) / (double) (1 << mantissaBits);
    double sign = pattern >= 0x8000 ? -1 : 1;
    if (exponent == (1 << exponentBits) - 1) {
      return (float) (fraction == 0 ? sign / 0.0 : Double.NaN);
    }
    return (float)
        (exponent == 0
            ? sign * fraction * Math.pow(2, 1 - bias)
            : sign * (1 + fraction) * Math.pow(2, exponent - bias));
  }
}
