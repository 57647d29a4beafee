package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Option;

/**
 * Storage of activations at block boundaries.
 *
 * @param store place where they are kept
 * @param type number format in which they are kept
 */
public record ActivationSettings(ActivationPlace store, ActivationType type)
    implements Serializable {

  /** The places where activations at block boundaries may be kept. */
  public enum ActivationPlace {
    /** Broadcasts where they fit into memory, files where they do not. */
    AUTO("auto"),
    /** Spark broadcasts, one per block boundary. */
    BROADCAST("broadcast"),
    /** Safetensors files in the work folder. */
    FILES("files");

    private final String word;

    ActivationPlace(String word) {
      this.word = word;
    }

    /** The word of the command line. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** The number formats in which activations may be stored. */
  public enum ActivationType {
    /** 16 bits, the upper half of a float32: half the space, three significant digits. */
    BF16("bf16"),
    /** 32 bits, as computed. */
    F32("f32");

    private final String word;

    ActivationType(String word) {
      this.word = word;
    }

    /** The word of the command line. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** The options that say where activations are kept, and in which format. */
  @Topic.Of(Topic.RUNNING)
  static final class Options {
    @Option(
        names = "--activations",
        paramLabel = "STORE",
        defaultValue = "auto",
        description =
            "Where activations at the boundaries of blocks are kept: broadcast (in memory, as Spark"
                + " broadcasts), files (in the work folder) or auto (broadcast where they fit)"
                + " (default: ${DEFAULT-VALUE}).")
    private ActivationPlace activations;

    @Option(
        names = "--activation-dtype",
        paramLabel = "DTYPE",
        defaultValue = "f32",
        description =
            "Number format of stored activations; bf16 takes half the space of f32 (default:"
                + " ${DEFAULT-VALUE}).")
    private ActivationType activationType;

    ActivationSettings settings() {
      return new ActivationSettings(activations, activationType);
    }
  }
}
