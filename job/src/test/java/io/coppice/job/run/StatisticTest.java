package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticTest {
  @ParameterizedTest
  @CsvSource({
    "0.00091234, NaN, 0.0009123",
    "0.00101789, NaN, 0.001018",
    "0.0009, 0.0001, 0.0009000 ± 0.0001000",
    "0.123456, 0.0198765, 0.1235 ± 0.0199",
    "1.65452, 0.5, 1.655 ± 0.500",
    "9.99961, 0.1, 10.00 ± 0.10",
    "123.456, 12.34, 123.5 ± 12.3",
    "123456.7, 12.34, 123457 ± 12",
    "0, 0, 0 ± 0",
    "1.23456e-9, 2e-10, 1.235e-09 ± 2.000e-10"
  })
  void aDeviationHasAsManyDecimalsAsTheFourDigitsOfItsMean(
      double mean, double deviation, String expected) {
    assertThat(new Statistic(mean, deviation).toSignificantDigits()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"20.1376, NaN, 20.138", "20.1376, 0.25, 20.138 ± 0.250"})
  void perplexitiesHaveThreeDecimals(double mean, double deviation, String expected) {
    assertThat(new Statistic(mean, deviation).toThreeDecimals()).isEqualTo(expected);
  }
}
