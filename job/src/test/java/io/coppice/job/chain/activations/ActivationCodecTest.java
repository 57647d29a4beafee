package io.coppice.job.chain.activations;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivationCodecTest {
  @Test
  void float32StaysBitForBit() {
    float[] values = {0f, -0f, 1.1f, Float.MIN_VALUE, Float.MAX_VALUE, -3e-39f};
    assertThat(through(ActivationType.F32, values)).isEqualTo(values);
  }

  @ParameterizedTest
  @CsvSource({
    // bits before, bits after: to nearest, ties to even
    "0x3f800000, 0x3f80",
    "0x3f807fff, 0x3f80",
    "0x3f808000, 0x3f80",
    "0x3f808001, 0x3f81",
    "0x3f818000, 0x3f82",
    "0x3f817fff, 0x3f81",
    "0xbf818000, 0xbf82",
    "0x00000000, 0x0000",
    "0x80000000, 0x8000",
    "0x00008000, 0x0000",
    "0x00008001, 0x0001",
    "0x7f7f7fff, 0x7f7f",
    "0x7f7f8000, 0x7f80",
    "0x7f800000, 0x7f80",
    "0xff800000, 0xff80"
  })
  void bfloat16IsTheNearest(String before, String after) {
    float value = Float.intBitsToFloat((int) Long.decode(before).longValue());
    float[] result = through(ActivationType.BF16, value);
    assertThat(Float.floatToRawIntBits(result[0])).isEqualTo(Integer.decode(after) << 16);
  }

  @Test
  void notANumberStaysNone() {
    // The payload's upper bits alone would make an infinity of it.
    float[] result = through(ActivationType.BF16, Float.intBitsToFloat(0x7f800001), Float.NaN);
    assertThat(result).containsOnly(Float.NaN);
  }

  @ParameterizedTest
  @CsvSource({"F32, 24", "BF16, 12"})
  void partsAreFoundByTheirFirstElement(ActivationType type, int bytes) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor(3, 2);
      tensor.fill(new float[] {1, 2, 3, 4, 5, 6});
      byte[] encoded = ActivationCodec.encode(type, tensor);
      assertThat(encoded).hasSize(bytes);

      Tensor part = arena.tensor(2, 2);
      ActivationCodec.decode(type, encoded, 2, part);

      assertThat(part.toArray()).containsExactly(3, 4, 5, 6);
    }
  }

  private static float[] through(ActivationType type, float... values) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor(1, values.length);
      tensor.fill(values);
      Tensor result = arena.tensor(1, values.length);
      ActivationCodec.decode(type, ActivationCodec.encode(type, tensor), 0, result);
      return result.toArray();
    }
  }
}
