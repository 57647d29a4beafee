package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.FinishedBlock;
import io.coppice.job.block.MeasuredBlock;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.cli.Level;
import io.coppice.reconstruct.EpochErrors;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GeneralisationTest {
  private final List<MeasuredBlock> results = new ArrayList<>();

  @Test
  void nearlyEqualErrorsAreNoOverfitting() {
    block(0, 1, .10, .11, 3, 2, 1);
    block(1, 1, .20, .21, 3, 2, 1);
    assertThat(verdict().ratio()).isCloseTo(.32 / .30, within(1e-12));
    assertThat(verdict().overfitted()).isFalse();
    assertThat(verdict().sentence())
        .isEqualTo(
            "Reconstruction generalises: on held-out text its error is 1.07 times that on"
                + " calibration text");
  }

  @Test
  void aGapIsToldWithItsPlaceAndARemedy() {
    block(0, 1, .10, .12, 3, 2, 1);
    block(1, 1, .20, .40, 3, 1, 2);
    assertThat(verdict().overfitted()).isTrue();
    assertThat(verdict().worstBlock()).isEqualTo(1);
    assertThat(verdict().turned()).containsExactly(1);
    assertThat(verdict().sentence())
        .isEqualTo(
            "Reconstruction overfitted the calibration text: on held-out text its error is 1.73"
                + " times as high, most in block 1 (2.00 times); the held-out error of block 1"
                + " rose again before the last epoch; give more --samples, add windows by"
                + " --self-generated, or take a lower level of --reconstruct");
  }

  @Test
  void aBlockThatNeverImprovedIsNamed() {
    block(0, 1, .10, .11, 1, 2, 3);
    block(0, 2, .10, .11, 1, 1, 1);
    block(1, 1, .20, .21, 3, 2, 1);
    block(1, 2, .20, .21, 1, 2, 3);
    assertThat(verdict().untrained()).containsExactly(0);
    assertThat(verdict().sentence())
        .contains(
            "block 0 kept the weights that pruning left, since no epoch lowered its held-out error;"
                + " a lower --learning-rate may help");
  }

  @Test
  void withoutHeldOutTextNothingIsClaimed() {
    block(0, 1, .10, Double.NaN, Double.NaN, Double.NaN);
    assertThat(verdict().overfitted()).isFalse();
    assertThat(verdict().turned()).isEmpty();
    assertThat(verdict().untrained()).isEmpty();
    assertThat(verdict().sentence()).contains("not known").contains("--held-out");
  }

  @Test
  void epochsWhoseMasksStillShrankAreNoRivals() {
    List<EpochErrors> epochs =
        List.of(
            new EpochErrors(0, 1, 1, false),
            new EpochErrors(1, 1, 2, false),
            new EpochErrors(2, 1, 4),
            new EpochErrors(3, 1, 3));
    results.add(
        new MeasuredBlock(
            new FinishedBlock(0, 1, Level.GP, .5, List.of(), epochs, 1, 0),
            new ChainErrors(.1, .1, .1, .1)));
    assertThat(verdict().turned()).isEmpty();
    assertThat(verdict().untrained()).isEmpty();
  }

  /** Though its error rises. */
  @Test
  void aBlockThatIsTrainedByAnotherLossIsJudgedByThat() {
    List<EpochErrors> epochs = new ArrayList<>();
    for (double loss : new double[] {.9, .5, .4, .3}) {
      int epoch = epochs.size();
      epochs.add(
          new EpochErrors(
              epoch, 1, 1 + epoch, true, new EpochErrors.Losses(true, 1, loss, 1, loss)));
    }
    results.add(
        new MeasuredBlock(
            new FinishedBlock(0, 1, Level.GP, .5, List.of(), epochs, 1, 0),
            new ChainErrors(.1, .1, .1, .1)));
    assertThat(verdict().turned()).isEmpty();
    assertThat(verdict().untrained()).isEmpty();
  }

  private Generalisation verdict() {
    return Generalisation.of(new ReconstructedModel(new BlockFiles("unused", null, null), results));
  }

  /**
   * @param errors relative, on calibration and on held-out text
   * @param heldOut errors from epoch 0 on
   */
  private void block(int block, int wave, double calibration, double held, double... heldOut) {
    List<EpochErrors> epochs = new ArrayList<>();
    for (double error : heldOut) {
      epochs.add(new EpochErrors(epochs.size(), 1, error));
    }
    results.add(
        new MeasuredBlock(
            new FinishedBlock(block, wave, Level.GP, .5, List.of(), epochs, 1, 0),
            new ChainErrors(calibration, held, calibration, held)));
  }
}
