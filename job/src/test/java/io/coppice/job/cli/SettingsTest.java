package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.schedule.InputChain;
import io.coppice.job.schedule.Schedule;
import io.coppice.job.schedule.Sequential;
import io.coppice.job.schedule.Waves;
import io.coppice.job.schedule.Workload;
import io.coppice.reconstruct.Selection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @Test
  void aLevelSaysWhatIsTrainedJointlyAndWhetherAnythingIs() {
    ReconstructionSettings settings = settings(new Sequential());

    assertThat(settings.rounds(Level.LR, 4).blockEpochs()).isZero();
    assertThat(settings.rounds(Level.GP, 4))
        .isEqualTo(new Sequential().rounds(new Workload(4, 1, 7, InputChain.SPARSE)));
    assertThat(settings.rounds(Level.CR, 4))
        .isEqualTo(new Sequential().rounds(new Workload(4, 2, 7, InputChain.SPARSE)));
    assertThat(settings.blockEpochs(4)).isEqualTo(4 * (0 + 7 + 2 * 7));
  }

  @Test
  void levelsPruneAlikeUnlessBlocksWaitForEachOther() {
    assertThat(settings(new Waves(3)).levelsPruneAlike(4)).isTrue();
    assertThat(settings(new Sequential()).levelsPruneAlike(4)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "auto, 9223372036854775807",
    "OFF, 0",
    "0, 0",
    "1000, 1000",
    "200g, 214748364800",
    "3 TiB, 3298534883328",
    "5kb, 5120",
    "7M, 7340032",
    "999999999999t, 9223372036854775807"
  })
  void aLocalCacheHasASize(String word, long bytes) {
    assertThat(LocalCacheSize.parse("--local-cache", word)).isEqualTo(new LocalCacheSize(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "on", "-1g", "2x", "1.5g", "g", "12345678901234"})
  void aSizeThatIsNoneIsSaid(String word) {
    assertThatThrownBy(() -> LocalCacheSize.parse("--local-cache", word))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "--local-cache must be off, auto or a size such as 200g, but is '%s'".formatted(word));
  }

  private static ReconstructionSettings settings(Schedule schedule) {
    return new ReconstructionSettings(
        List.of(Level.LR, Level.GP, Level.CR),
        new ScheduleSettings(schedule, ScheduleSettings.TrainingInputs.EXACT, 7),
        1,
        1,
        Selection.LAST);
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
            new TextPlaces(List.of("c"), "text"),
            samples,
            SequenceLength.ofModel(),
            new CalibrationSettings.HeldOut(fraction, given),
            false);
    assertThat(settings.heldOutSamples()).isEqualTo(wanted);
    assertThat(settings.heldOutNeeded()).isEqualTo(needed);
  }

  @Test
  void sharesCountAsDecimals() {
    assertThat(new SelfGeneratedSettings(1, 0.9, "any").written()).isEqualTo(10);
  }
}
