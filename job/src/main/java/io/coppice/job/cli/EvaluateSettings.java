package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice evaluate}.
 *
 * @param model folder of the checkpoint, on any Hadoop file system
 * @param measured texts to measure perplexity on, of which there may be none
 * @param outputFile file for the results, or empty for none besides standard output
 * @param maxPerplexity highest perplexity that is good enough on every text; infinite for any
 * @param engine arithmetic of the run
 */
public record EvaluateSettings(
    String model,
    MeasuredTexts measured,
    String outputFile,
    double maxPerplexity,
    EngineSettings engine)
    implements Serializable {

  /** Files to measure perplexity on. */
  public List<String> texts() {
    return measured.files().paths();
  }

  /** Field of a JSON object, or Parquet column, that is the text. */
  public String textField() {
    return measured.files().field();
  }

  /** Tokens of a window. */
  public SequenceLength sequenceLength() {
    return measured.sequenceLength();
  }

  /** File for the results besides standard output. */
  public Optional<String> output() {
    return outputFile.isEmpty() ? Optional.empty() : Optional.of(outputFile);
  }

  /** The options of {@code coppice evaluate}. */
  @Command(
      name = "evaluate",
      description = {
        "Measures a checkpoint's perplexity on texts; prints JSON on standard output.",
        "",
        "  coppice evaluate --model sparse --text test.jsonl",
        ""
      })
  public static final class Options implements CommandOptions<EvaluateSettings> {
    @Mixin private final SourceSettings.ModelOption model = new SourceSettings.ModelOption();
    @Mixin private final EngineSettings.Options engine = new EngineSettings.Options();

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--text",
        required = true,
        paramLabel = "TEXT",
        description =
            "Text to measure on: JSON lines, plain text or Parquet, also gzipped, on"
                + " any Hadoop file system. May be given several times.")
    private List<String> texts;

    @Mixin private final TextPlaces.FieldOption field = new TextPlaces.FieldOption();

    @Mixin private final MeasuredTexts.Options protocol = new MeasuredTexts.Options();

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--sequence-length",
        paramLabel = "TOKENS",
        description =
            "Tokens of a window, at least 2 and at most the model's positions (default: the model's"
                + " positions).")
    private Optional<Integer> sequenceLength;

    @Topic.Of(Topic.RESULTS)
    @Option(
        names = "--output",
        paramLabel = "FILE",
        description = "Write the JSON into this file too, on any Hadoop file system.")
    private Optional<String> output;

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--max-perplexity",
        paramLabel = "X",
        description =
            "End with exit code 4 if the perplexity of a text is above X; the result is printed all"
                + " the same.")
    private Optional<Double> maxPerplexity;

    @Override
    public EvaluateSettings settings() {
      return new EvaluateSettings(
          model.folder(),
          protocol.texts(field.files("--text", texts), "--sequence-length", sequenceLength),
          output.map(file -> Check.path("--output", file)).orElse(""),
          maxPerplexity
              .map(most -> Check.positive("--max-perplexity", Double.MAX_VALUE, most))
              .orElse(Double.POSITIVE_INFINITY),
          engine.settings());
    }

    @Override
    public Map<String, Object> derived() {
      return protocol.derived();
    }
  }
}
