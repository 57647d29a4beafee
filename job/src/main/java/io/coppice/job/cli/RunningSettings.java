package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The way in which a run is carried out.
 *
 * @param seed number that decides windows, shuffling and mixing
 * @param engine arithmetic
 * @param activations storage of activations
 */
public record RunningSettings(long seed, EngineSettings engine, ActivationSettings activations)
    implements Serializable {

  /** The options of all three. */
  static final class Options {
    @Mixin
    private final EngineSettings.TrainingOptions engine = new EngineSettings.TrainingOptions();

    @Mixin private final SeedOption seed = new SeedOption();
    @Mixin private final ActivationSettings.Options activations = new ActivationSettings.Options();

    RunningSettings settings() {
      return new RunningSettings(seed.seed(), engine.settings(), activations.settings());
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
