package io.coppice.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.reconstruct.Selection;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @ParameterizedTest
  @CsvSource({"10, 3, '3, 3, 4'", "3, 3, '1, 1, 1'", "11, 4, '2, 3, 3, 3'", "5, 1, '5'"})
  void epochsSpreadOverWaves(int epochs, int waves, String expected) {
    ReconstructionSettings settings =
        new ReconstructionSettings(
            Level.GP, new Schedule.Waves(waves), Inputs.MIXED, epochs, 1, 1, Selection.LAST);

    assertThat(IntStream.range(0, waves).map(settings::epochsOfWave).boxed().toList())
        .hasToString("[" + expected + "]");
  }

  @Test
  void schedulesWithoutWavesHaveOneRound() {
    ReconstructionSettings settings =
        new ReconstructionSettings(
            Level.GP, new Schedule.Sequential(), Inputs.EXACT, 7, 1, 1, Selection.LAST);

    assertThat(settings.epochsOfWave(0)).isEqualTo(7);
  }

  @Test
  void sequenceLengthFollowsTheModelUnlessAskedFor() {
    assertThat(SequenceLength.atMost(1024).resolve(512)).isEqualTo(512);
    assertThat(SequenceLength.atMost(1024).resolve(2048)).isEqualTo(1024);
    assertThat(SequenceLength.ofModel().resolve(4096)).isEqualTo(4096);
    assertThat(SequenceLength.exactly(128).resolve(512)).isEqualTo(128);
    assertThatThrownBy(() -> SequenceLength.exactly(1024).resolve(512))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "--sequence-length 1024 is more than the model's 512 positions; give at most 512");
  }

  @ParameterizedTest
  @CsvSource({"256, 0.125, 32", "16, 0.125, 2", "10, 0.01, 1", "10, 0, 0"})
  void heldOutWindowsComeOnTop(int samples, double fraction, int expected) {
    assertThat(
            new CalibrationSettings(
                    List.of("c"), "text", samples, SequenceLength.ofModel(), fraction, false)
                .heldOutSamples())
        .isEqualTo(expected);
  }
}
