package io.coppice.job.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
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

  @Test
  void meansAreOverBlocks() {
    List<ChainErrors> blocks =
        List.of(new ChainErrors(0, 0, 0.1, 0.3), new ChainErrors(0, 0, 0.3, 0.4));

    assertThat(ChainErrors.meanRelativeCalibration(blocks)).isCloseTo(0.2, within(1e-15));
    assertThat(ChainErrors.meanRelativeHeldOut(blocks)).isCloseTo(0.35, within(1e-15));
    assertThat(ChainErrors.meanRelativeHeldOut(List.of())).isNaN();
  }
}
