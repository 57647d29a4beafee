package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalShareTest {

  @ParameterizedTest
  @CsvSource({"0.07, 100, 7", "0.29, 100, 29", "0.125, 256, 32", "0.1, 1, 1", "0, 8, 0", "1, 8, 8"})
  void aShareIsRoundedUpOnlyWhereItIsNoWholeNumber(double share, int count, int expected) {
    assertThat(DecimalShare.of(share, count)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0.9, 1, 10",
    "0.8, 2, 10",
    "0.3, 21, 30",
    "0.5, 8, 16",
    "0.25, 10, 14",
    "0, 64, 64",
    "0.1, 0, 0"
  })
  void whatIsWrittenIsNoMoreThanTheShareThatIsDroppedAsksFor(
      double dropped, int kept, int expected) {
    assertThat(DecimalShare.before(dropped, kept)).isEqualTo(expected);
  }

  @Test
  void moreThanAnIntegerHoldsIsTheGreatestInteger() {
    assertThat(DecimalShare.before(0.9999999999, 1000)).isEqualTo(Integer.MAX_VALUE);
    assertThat(DecimalShare.before(Math.nextDown(1.0), 1)).isEqualTo(Integer.MAX_VALUE);
  }
}
