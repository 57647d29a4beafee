package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cli.Masks;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskTrialsTest {

  @ParameterizedTest
  @CsvSource({
    "1, 0.969, true, GRADUAL",
    "1, 0.971, true, AT_ONCE",
    "0.01, 0.02, true, AT_ONCE",
    "0, 0, true, AT_ONCE",
    "NaN, 1, true, AT_ONCE",
    "1, Infinity, true, AT_ONCE",
    "Infinity, 1, true, GRADUAL",
    "Infinity, Infinity, true, AT_ONCE",
    "1, NaN, true, AT_ONCE",
    "1, 0.999, false, GRADUAL",
    "1, 1, false, AT_ONCE",
    "1, 1.1, false, AT_ONCE",
    "NaN, 1, false, AT_ONCE",
    "Infinity, 1, false, GRADUAL",
    "Infinity, Infinity, false, AT_ONCE",
    "1, NaN, false, AT_ONCE"
  })
  void masksThatShrinkMustBeBetterWhereUnstructuredByAMargin(
      double atOnce, double gradual, boolean unstructured, Masks.Kind expected) {
    assertThat(MaskTrials.choose(atOnce, gradual, unstructured)).isEqualTo(expected);
  }
}
