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
            List.of(Level.GP),
            new Schedule.Waves(waves),
            Inputs.MIXED,
            epochs,
            1,
            1,
            Selection.LAST);

    assertThat(
            IntStream.range(0, waves)
                .map(wave -> settings.epochsOfWave(Level.GP, wave))
                .boxed()
                .toList())
        .hasToString("[" + expected + "]");
  }

  @Test
  void sequentiallyCrossBlockTakesAllEpochsInEachOfItsTwoRounds() {
    ReconstructionSettings settings =
        new ReconstructionSettings(
            List.of(Level.LR, Level.GP, Level.CR),
            new Schedule.Sequential(),
            Inputs.EXACT,
            7,
            1,
            1,
            Selection.LAST);

    assertThat(settings.waves(Level.LR)).isEqualTo(1);
    assertThat(settings.epochsOfWave(Level.LR, 0)).isZero();
    assertThat(settings.waves(Level.GP)).isEqualTo(1);
    assertThat(settings.epochsOfWave(Level.GP, 0)).isEqualTo(7);
    assertThat(settings.waves(Level.CR)).isEqualTo(2);
    assertThat(settings.epochsOfWave(Level.CR, 0)).isEqualTo(7);
    assertThat(settings.epochsOfWave(Level.CR, 1)).isEqualTo(7);
    assertThat(settings.allEpochs()).isEqualTo(21);
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
  @CsvSource({
    "256, 0.125, true,  32, 32",
    "16,  0.125, true,  2,  2",
    "10,  0.01,  true,  1,  1",
    "10,  0,     true,  0,  0",
    "256, 0.125, false, 32, 32",
    "16,  0.125, false, 16, 2"
  })
  void heldOutWindowsComeOnTop(
      int samples, double fraction, boolean given, int wanted, int needed) {
    CalibrationSettings settings =
        new CalibrationSettings(
            List.of("c"), "text", samples, SequenceLength.ofModel(), fraction, given, false);
    assertThat(settings.heldOutSamples()).isEqualTo(wanted);
    assertThat(settings.heldOutNeeded()).isEqualTo(needed);
  }
}
