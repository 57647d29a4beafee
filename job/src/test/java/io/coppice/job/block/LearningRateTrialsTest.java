package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateTrialsTest {

  @ParameterizedTest
  @CsvSource({"1000, 8, 256", "16, 8, 16", "16, 100000000, 16", "16, 2147483647, 16"})
  void aTrialHasNoMoreWindowsThanThereAre(int training, int batchSize, int expected) {
    assertThat(LearningRateTrials.windows(training, batchSize)).isEqualTo(expected);
  }
}
