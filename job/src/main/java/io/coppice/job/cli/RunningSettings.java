package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The way in which a run is carried out.
 *
 * @param seed number that decides windows, shuffling and mixing
 * @param requireNative whether to fail rather than compute without native BLAS
 * @param activations storage of activations
 */
public record RunningSettings(long seed, boolean requireNative, ActivationSettings activations)
    implements Serializable {

  /** The options of all three. */
  static final class Options {
    @Mixin private final EngineOption engine = new EngineOption();
    @Mixin private final SeedOption seed = new SeedOption();
    @Mixin private final ActivationSettings.Options activations = new ActivationSettings.Options();

    RunningSettings settings() {
      return new RunningSettings(seed.seed(), engine.requireNative(), activations.settings());
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

  /** The option that refuses arithmetic in pure Java. */
  @Topic.Of(Topic.RUNNING)
  static final class EngineOption {
    @Option(
        names = "--require-native",
        description =
            "Fail where native BLAS does not load, rather than compute in pure Java, some 20 times"
                + " slower.")
    private boolean requireNative;

    boolean requireNative() {
      return requireNative;
    }
  }
}
