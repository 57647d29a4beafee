package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cli.Level;
import io.coppice.reconstruct.EpochErrors;
import java.util.List;
import org.junit.jupiter.api.Test;

class FinishedBlockTest {

  /** Errors of blocks are compared only where training lowered the same of both. */
  @Test
  void blocksAreTrainedAlikeByOneKindOfLoss() {
    List<FinishedBlock> kinds =
        List.of(
            block(List.of()),
            block(List.of(new EpochErrors(0, 1, 2))),
            block(List.of(with(new EpochErrors.Losses(true, 3, 4, Double.NaN, Double.NaN)))),
            block(List.of(with(new EpochErrors.Losses(true, 3, 4, 0.1, Double.NaN)))));

    for (FinishedBlock one : kinds) {
      for (FinishedBlock other : kinds) {
        assertThat(one.isTrainedAs(other)).isEqualTo(one == other);
      }
    }
    assertThat(kinds.get(3).isTrainedAs(block(List.of(with(losses(0.5)), with(losses(0.25))))))
        .isTrue();
  }

  private static EpochErrors.Losses losses(double divergence) {
    return new EpochErrors.Losses(true, 1, 1, divergence, divergence);
  }

  private static EpochErrors with(EpochErrors.Losses losses) {
    return new EpochErrors(0, 1, 2, true, losses);
  }

  private static FinishedBlock block(List<EpochErrors> epochs) {
    return new FinishedBlock(0, 1, Level.GP, 0.5, List.of(), epochs, 1, 0);
  }
}
