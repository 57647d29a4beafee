package io.coppice.job.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ChainErrorsTest {
  @Test
  void errorsAreMeansPerElementAndSharesOfTheEnergy() {
    ChainErrors errors = ChainErrors.of(new double[] {2, 4, 9}, new double[] {10, 20, 18}, 2, 100);

    assertThat(errors.calibration()).isCloseTo(6.0 / 200, within(1e-15));
    assertThat(errors.heldOut()).isCloseTo(9.0 / 100, within(1e-15));
    assertThat(errors.relativeCalibration()).isCloseTo(6.0 / 30, within(1e-15));
    assertThat(errors.relativeHeldOut()).isCloseTo(0.5, within(1e-15));
  }

  @Test
  void nothingHeldOutIsNotZeroError() {
    ChainErrors errors = ChainErrors.of(new double[] {2}, new double[] {10}, 1, 100);

    assertThat(errors.calibration()).isPositive();
    assertThat(errors.heldOut()).isNaN();
    assertThat(errors.relativeHeldOut()).isNaN();
  }
}
