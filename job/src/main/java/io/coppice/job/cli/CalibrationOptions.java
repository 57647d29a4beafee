package io.coppice.job.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which text calibrates. */
@Topic.Of(Topic.CALIBRATION)
final class CalibrationOptions {
  /** Where the paper's setting does not fit into the model, the model's length is taken. */
  private static final int DEFAULT_SEQUENCE_LENGTH = 1024;

  private static final double DEFAULT_HELD_OUT = 0.125;

  @Option(
      names = "--calibration",
      required = true,
      paramLabel = "TEXT",
      description =
          "Text that calibrates: JSON lines, plain text (a file is a document) or Parquet, also"
              + " gzipped; file, folder or glob on any Hadoop file system. May be given several"
              + " times.")
  private List<String> texts;

  @Mixin private final TextFieldOptions textField = new TextFieldOptions();

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Windows of text that prune and train, at least 1; each is drawn at random from a"
              + " document that is longer (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--sequence-length",
      paramLabel = "TOKENS",
      description =
          "Tokens of a window, at least 2 and at most the model's positions (default: 1024, or the"
              + " model's positions if fewer).")
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
    Check.atLeast("--samples", 1, samples);
    return new CalibrationSettings(
        texts.stream().map(text -> Check.pattern("--calibration", text)).toList(),
        textField.textField(),
        samples,
        sequenceLength
            .map(tokens -> Check.atLeast("--sequence-length", 2, tokens))
            .map(SequenceLength::exactly)
            .orElse(SequenceLength.atMost(DEFAULT_SEQUENCE_LENGTH)),
        heldOut
            .map(fraction -> Check.between("--held-out", 0, 1, fraction))
            .orElse(DEFAULT_HELD_OUT),
        heldOut.isPresent(),
        pack);
  }
}
