package io.coppice.job.cli;

import io.coppice.generate.TextWriter;
import io.coppice.reconstruct.DecimalShare;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Text that the model is calibrated with.
 *
 * @param files places of the text
 * @param samples windows that prune and train
 * @param sequenceLength tokens of a window
 * @param heldOut windows that only measure
 * @param pack whether short documents are packed together to fill windows
 */
public record CalibrationSettings(
    TextPlaces files, int samples, SequenceLength sequenceLength, HeldOut heldOut, boolean pack)
    implements Serializable {
  /** With fewer windows, the choice between epochs is mostly chance. */
  private static final int FEWEST_HELD_OUT = 16;

  /** All windows together, those held out and written included, are still an integer. */
  private static final int MOST_SAMPLES = TextWriter.MOST_TEXTS;

  /**
   * Windows that are only measured on, drawn besides those for pruning and training.
   *
   * @param fraction their number, as a fraction of the samples
   * @param exact whether the user asked for that fraction; else there are at least {@value
   *     CalibrationSettings#FEWEST_HELD_OUT} windows, as far as the text holds them
   */
  public record HeldOut(double fraction, boolean exact) implements Serializable {
    private static final double DEFAULT_FRACTION = 0.125;

    /** Exactly this fraction. */
    public static HeldOut exactly(double fraction) {
      return new HeldOut(fraction, true);
    }

    /** The default fraction, but enough windows to choose by. */
    public static HeldOut enough() {
      return new HeldOut(DEFAULT_FRACTION, false);
    }
  }

  /** Files, folders or globs on any Hadoop file system. */
  public List<String> texts() {
    return files.paths();
  }

  /** Field of a JSON object, or Parquet column, that is the text. */
  public String textField() {
    return files.field();
  }

  /** Number of windows that are only measured on. */
  public int heldOutSamples() {
    return heldOut.exact() ? heldOutNeeded() : Math.max(FEWEST_HELD_OUT, heldOutNeeded());
  }

  /** Number of them that the text must hold; at least one unless the fraction is 0. */
  public int heldOutNeeded() {
    return DecimalShare.of(heldOut.fraction(), samples);
  }

  /**
   * Fails where windows would be longer than a model allows.
   *
   * @param maxPositions positions of the model (max_position_embeddings)
   * @throws io.coppice.failure.UsageException if so
   */
  public void requireLength(int maxPositions) {
    sequenceLength.resolve(maxPositions);
  }

  /** The options for the calibration text. */
  @Topic.Of(Topic.CALIBRATION)
  static final class Options {
    /** The paper's; models with fewer positions get windows of their own length. */
    private static final int DEFAULT_SEQUENCE_LENGTH = 1024;

    @Option(
        names = "--calibration",
        required = true,
        paramLabel = "TEXT",
        description =
            "Text that calibrates: JSON lines, plain text (a file is a document) or Parquet, also"
                + " gzipped; file, folder or glob on any Hadoop file system. May be given several"
                + " times.")
    private List<String> texts;

    @Mixin private final TextPlaces.FieldOption field = new TextPlaces.FieldOption();

    @Option(
        names = "--samples",
        paramLabel = "N",
        defaultValue = "256",
        description =
            "Windows of text that prune and train, 1 to 10 million; each is drawn at random from a"
                + " document that is longer (default: ${DEFAULT-VALUE}).")
    private int samples;

    @Option(
        names = "--sequence-length",
        paramLabel = "TOKENS",
        description =
            "Tokens of a window, at least 2 and at most the model's positions (default: 1024, or"
                + " the model's positions if fewer).")
    private Optional<Integer> sequenceLength;

    @Option(
        names = "--held-out",
        paramLabel = "FRACTION",
        description =
            "Windows that only measure, of documents that nothing is pruned by or trained on, drawn"
                + " besides --samples, as a fraction of them, 0 to 1. With 0, give --select last"
                + " (default: 0.125, and at least 16 windows where the text holds them).")
    private Optional<Double> heldOut;

    @Option(
        names = "--pack",
        description = "Join documents that are shorter than a window, instead of leaving them out.")
    private boolean pack;

    CalibrationSettings settings() {
      Check.between("--samples", 1, MOST_SAMPLES, samples);
      return new CalibrationSettings(
          field.files("--calibration", texts),
          samples,
          SequenceLength.asked("--sequence-length", 2, sequenceLength)
              .orElse(SequenceLength.atMost(DEFAULT_SEQUENCE_LENGTH)),
          heldOut
              .map(fraction -> Check.between("--held-out", 0, 1, fraction))
              .map(HeldOut::exactly)
              .orElseGet(HeldOut::enough),
          pack);
    }
  }
}
