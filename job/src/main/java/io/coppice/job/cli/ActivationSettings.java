package io.coppice.job.cli;

import io.coppice.tensor.Precision;
import java.io.Serializable;
import picocli.CommandLine.Option;

/**
 * Storage of activations at block boundaries.
 *
 * @param store place where they are kept
 * @param typeChoice number format in which they are kept
 * @param localCache the most that an executor keeps of them on its own disk
 */
public record ActivationSettings(
    ActivationPlace store, TypeChoice typeChoice, LocalCacheSize localCache)
    implements Serializable {

  /**
   * The number format in which they are kept by a run.
   *
   * @param precision format that products read in its training
   */
  public ActivationType type(Precision precision) {
    return switch (typeChoice) {
      case BF16 -> ActivationType.BF16;
      case F32 -> ActivationType.F32;
      case AUTO -> precision == Precision.BF16 ? ActivationType.BF16 : ActivationType.F32;
    };
  }

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

  /** The number formats that may be asked for. */
  public enum TypeChoice {
    /** bf16 where training multiplies bfloat16, else f32. */
    AUTO("auto"),
    BF16("bf16"),
    F32("f32");

    private final String word;

    TypeChoice(String word) {
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
    private static final String LOCAL_CACHE = "--local-cache";

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
        defaultValue = "auto",
        description =
            "Number format of stored activations: f32, bf16 (half the space, three significant"
                + " digits) or auto (bf16 where --precision comes to bf16, else f32) (default:"
                + " ${DEFAULT-VALUE}).")
    private TypeChoice activationType;

    @Option(
        names = LOCAL_CACHE,
        paramLabel = "SIZE",
        defaultValue = "auto",
        description =
            "Space of an executor's local disk, in Spark's folders for temporary files, for"
                + " activations that training reads every epoch, where the work folder is not on a"
                + " local file system: a size such as 200g, off, or auto (at most half of what is"
                + " free) (default: ${DEFAULT-VALUE}).")
    private String localCache;

    ActivationSettings settings() {
      return new ActivationSettings(
          activations, activationType, LocalCacheSize.parse(LOCAL_CACHE, localCache));
    }
  }
}
