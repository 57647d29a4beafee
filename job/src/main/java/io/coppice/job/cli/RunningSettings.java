package io.coppice.job.cli;

import java.io.Serializable;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The way in which a run is carried out.
 *
 * @param seed number that decides windows, shuffling and mixing
 * @param engine arithmetic
 * @param activations storage of activations
 * @param sampleTexts openings that the dense and the sparse model go on from, for the record
 * @param measured what the dense and the sparse model are measured on in the end
 */
public record RunningSettings(
    long seed,
    EngineSettings engine,
    ActivationSettings activations,
    int sampleTexts,
    MeasuredSettings measured)
    implements Serializable {
  /** So many are read by people, and written by one task. */
  private static final int MOST_SAMPLE_TEXTS = 20;

  /** The options of all of them. */
  static final class Options {
    @Mixin
    private final EngineSettings.TrainingOptions engine = new EngineSettings.TrainingOptions();

    @Mixin private final SeedOption seed = new SeedOption();
    @Mixin private final ActivationSettings.Options activations = new ActivationSettings.Options();

    @Topic.Of(Topic.RESULTS)
    @Option(
        names = "--sample-texts",
        paramLabel = "N",
        defaultValue = "3",
        description =
            "Openings of held-out text that the dense and the sparse model each go on from, for the"
                + " report; at most 20, 0 for none. No effect on the checkpoint"
                + " (default: ${DEFAULT-VALUE}).")
    private int sampleTexts;

    @Mixin private final MeasuredSettings.Options measured = new MeasuredSettings.Options();

    /**
     * The settings.
     *
     * @param field of a JSON object, or Parquet column, that is the text
     */
    RunningSettings settings(String field) {
      return new RunningSettings(
          seed.seed(),
          engine.settings(),
          activations.settings(),
          (int) Check.between("--sample-texts", 0, MOST_SAMPLE_TEXTS, sampleTexts),
          measured.settings(field));
    }

    Map<String, Object> derived() {
      return measured.derived();
    }
  }

  /** The option that decides everything that is drawn. */
  @Topic.Of(Topic.RUNNING)
  static final class SeedOption {
    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "0",
        description =
            "Decides everything that is drawn: windows, shuffling, mixing, text; the same seed"
                + " gives the same bytes (default: ${DEFAULT-VALUE}).")
    private long seed;

    long seed() {
      return seed;
    }
  }
}
