package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Expectations are worked out by hand: means 7/3 and 2, deviations √(7/3) and √(3/4). */
class WindowLossesTest {
  private final WindowLosses losses = new WindowLosses(new double[] {1, 2, 4});
  private final WindowLosses other = new WindowLosses(new double[] {1.5, 1.5, 3});

  @Test
  void perplexityAndItsErrorComeFromTheMeansOfWindows() {
    assertThat(losses.meanLoss().mean()).isCloseTo(7 / 3.0, within(1e-12));
    assertThat(losses.meanLoss().standardError()).isCloseTo(Math.sqrt(7 / 9.0), within(1e-12));
    assertThat(losses.perplexity()).isCloseTo(Math.exp(7 / 3.0), within(1e-12));
    assertThat(losses.perplexityError())
        .isCloseTo(Math.exp(7 / 3.0) * Math.sqrt(7 / 9.0), within(1e-12));
  }

  @Test
  void oneWindowHasNoError() {
    assertThat(new WindowLosses(new double[] {2}).perplexityError()).isNaN();
  }

  @Test
  void differencesArePaired() {
    Estimate loss = losses.meanLossDifference(other);
    assertThat(loss.mean()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(loss.standardError()).isCloseTo(Math.sqrt(7 / 36.0), within(1e-12));
    Estimate perplexity = losses.perplexityDifference(other);
    assertThat(perplexity.mean()).isCloseTo(Math.exp(7 / 3.0) - Math.exp(2), within(1e-12));
    // Deviations of p·loss − q·other from their mean, p = exp(7/3), q = exp(2).
    double p = Math.exp(7 / 3.0);
    double q = Math.exp(2);
    double a = p * (1 - 7 / 3.0) - q * -0.5;
    double b = p * (2 - 7 / 3.0) - q * -0.5;
    double c = p * (4 - 7 / 3.0) - q;
    assertThat(perplexity.standardError())
        .isCloseTo(Math.sqrt((a * a + b * b + c * c) / 6), within(1e-12));
    assertThat(losses.perplexityDifference(losses)).isEqualTo(new Estimate(0, 0));
  }

  @Test
  void otherWindowsCannotBeCompared() {
    WindowLosses fewer = new WindowLosses(new double[] {1});
    assertThatThrownBy(() -> losses.meanLossDifference(fewer))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRatioHasTheErrorOfItsLinearApproximation() {
    double[] x = {2, 3, 7};
    double[] y = {1, 2, 2};
    Estimate ratio = Estimate.ratio(3, i -> x[i], i -> y[i]);
    assertThat(ratio.mean()).isCloseTo(2.4, within(1e-12));
    // Residuals −0.4, −1.8, 2.2; mean of y 5/3.
    assertThat(ratio.standardError())
        .isCloseTo(Math.sqrt((0.16 + 3.24 + 4.84) / 6) / (5 / 3.0), within(1e-12));
  }
}
