package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.schedule.Sequential;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.Unstructured;
import io.coppice.reconstruct.Selection;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configurations that claim to be the paper's hold the paper's settings. */
class PaperConfigurationsTest {
  @ParameterizedTest
  @CsvSource({"llama-7b, 5", "opt-125m, 10"})
  void holdTheSettingsOfThePaper(String name, int epochs) {
    PruneSettings.Options options = new PruneSettings.Options();
    new CommandParser(
            "", List.of(options), file -> ConfigurationFile.read(file, new Configuration(false)))
        .parse(
            "prune",
            "--config",
            "../conf/" + name + ".conf",
            "--model",
            "model",
            "--calibration",
            "text",
            "--output",
            "sparse");

    PruneSettings settings = options.settings();
    assertThat(settings.calibration().samples()).isEqualTo(256);
    assertThat(settings.calibration().sequenceLength()).isEqualTo(SequenceLength.exactly(1024));
    assertThat(settings.calibration().pack()).isFalse();
    assertThat(settings.pruning().method()).isEqualTo(PruningMethod.SPARSEGPT);
    assertThat(settings.pruning().pattern()).isEqualTo(new Unstructured(0.5));
    assertThat(settings.pruning().overrides()).isEmpty();
    assertThat(settings.reconstruction())
        .isEqualTo(
            new ReconstructionSettings(
                List.of(Level.GP),
                new ScheduleSettings(
                    new Sequential(), ScheduleSettings.TrainingInputs.EXACT, epochs),
                2e-4,
                8,
                Selection.LAST));
  }
}
