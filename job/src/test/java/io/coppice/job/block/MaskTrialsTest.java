package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cli.Masks;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskTrialsTest {

  @ParameterizedTest
  @CsvSource({
    "1, 0.969, GRADUAL",
    "1, 0.971, AT_ONCE",
    "0.01, 0.02, AT_ONCE",
    "0, 0, AT_ONCE",
    "NaN, 1, AT_ONCE",
    "1, Infinity, AT_ONCE",
    "Infinity, 1, GRADUAL",
    "Infinity, Infinity, AT_ONCE",
    "1, NaN, AT_ONCE"
  })
  void masksThatShrinkMustBeBetterByAMargin(double atOnce, double gradual, Masks.Kind expected) {
    assertThat(MaskTrials.choose(atOnce, gradual, false)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.999, GRADUAL",
    "1, 1, AT_ONCE",
    "1, 1.1, AT_ONCE",
    "NaN, 1, AT_ONCE",
    "Infinity, 1, GRADUAL",
    "Infinity, Infinity, AT_ONCE",
    "1, NaN, AT_ONCE"
  })
  void thoseOfGroupsOnlyHaveToBeBetter(double atOnce, double gradual, Masks.Kind expected) {
    assertThat(MaskTrials.choose(atOnce, gradual, true)).isEqualTo(expected);
  }
}
