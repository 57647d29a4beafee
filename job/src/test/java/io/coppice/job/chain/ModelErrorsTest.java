package io.coppice.job.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModelErrorsTest {
  private final ModelErrors errors =
      ModelErrors.of(List.of(new ChainErrors(1, 2, 0.1, 0.3), new ChainErrors(3, 4, 0.3, 0.4)));

  @Test
  void errorsAreThoseAfterTheLastBlock() {
    assertThat(errors.calibration()).isEqualTo(3);
    assertThat(errors.heldOut()).isEqualTo(4);
  }

  @Test
  void relativeErrorsAreMeansOverBlocks() {
    assertThat(errors.meanRelativeCalibration()).isCloseTo(0.2, within(1e-15));
    assertThat(errors.meanRelativeHeldOut()).isCloseTo(0.35, within(1e-15));
  }

  @Test
  void generalisationIsHeldOutOverCalibration() {
    assertThat(errors.generalisation()).isCloseTo(0.35 / 0.2, within(1e-15));
  }

  @Test
  void nothingHeldOutIsNotZeroError() {
    ModelErrors without = ModelErrors.of(List.of(new ChainErrors(1, Double.NaN, 0.1, Double.NaN)));

    assertThat(without.heldOut()).isNaN();
    assertThat(without.meanRelativeHeldOut()).isNaN();
    assertThat(without.generalisation()).isNaN();
  }
}
