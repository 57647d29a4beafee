package io.coppice.job.cli;

import io.coppice.failure.UsageException;
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
 * @param otherModel folder of one that it is compared with; empty for none
 * @param measured texts and tasks, of which there may be none
 * @param results where results go, and which are good enough
 * @param engine arithmetic of the run
 */
public record EvaluateSettings(
    String model,
    String otherModel,
    MeasuredSettings measured,
    Results results,
    EngineSettings engine)
    implements Serializable {

  /**
   * Where results go, and which are good enough.
   *
   * @param outputFile file for the results, or empty for none besides standard output
   * @param maxPerplexity highest perplexity that is good enough on every text; infinite for any
   */
  public record Results(String outputFile, double maxPerplexity) implements Serializable {
    /** Standard output, and any result. */
    public static final Results ANY = new Results("", Double.POSITIVE_INFINITY);
  }

  /** The measurement of a model by itself. */
  static EvaluateSettings of(String model, MeasuredSettings measured, EngineSettings engine) {
    return new EvaluateSettings(model, "", measured, Results.ANY, engine);
  }

  /** Folder of the checkpoint that the model is compared with. */
  public Optional<String> against() {
    return otherModel.isEmpty() ? Optional.empty() : Optional.of(otherModel);
  }

  /** Files of texts to measure perplexity on. */
  public List<String> texts() {
    return measured.texts().files().paths();
  }

  /** Tokens of a window. */
  public SequenceLength sequenceLength() {
    return measured.texts().sequenceLength();
  }

  /** Highest perplexity that is good enough on every text; infinite for any. */
  public double maxPerplexity() {
    return results.maxPerplexity();
  }

  /** File for the results besides standard output. */
  public Optional<String> output() {
    return results.outputFile().isEmpty() ? Optional.empty() : Optional.of(results.outputFile());
  }

  /** The options of {@code coppice evaluate}. */
  @Command(
      name = "evaluate",
      description = {
        "Measures a checkpoint's perplexity on texts and its accuracy in zero-shot tasks.",
        "Prints JSON on standard output.",
        "",
        "  coppice evaluate --model sparse --text wiki.test.raw --protocol wikitext2 \\",
        "      --task hellaswag=hellaswag_val.jsonl --against dense --output results.json",
        ""
      })
  public static final class Options implements CommandOptions<EvaluateSettings> {
    @Mixin private final SourceSettings.ModelOption model = new SourceSettings.ModelOption();
    @Mixin private final EngineSettings.Options engine = new EngineSettings.Options();

    @Topic.Of(Topic.CHECKPOINT)
    @Option(
        names = "--against",
        paramLabel = "FOLDER",
        description =
            "Another checkpoint, such as the dense one, to be measured too: results are both, and"
                + " their differences with paired standard errors.")
    private Optional<String> against;

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--text",
        paramLabel = "TEXT",
        description =
            "Text to measure on: JSON lines, plain text or Parquet, also gzipped, on"
                + " any Hadoop file system. May be given several times.")
    private List<String> texts = List.of();

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

    @Mixin private final MeasuredTasks.Options tasks = new MeasuredTasks.Options();

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
      MeasuredSettings measured =
          new MeasuredSettings(
              protocol.texts(field.files("--text", texts), "--sequence-length", sequenceLength),
              tasks.settings());
      if (measured.isEmpty()) {
        throw new UsageException("Nothing is to be measured; give at least one --text or --task");
      }
      if (texts.isEmpty()) {
        Check.absent("--sequence-length", sequenceLength, "--text", "no text is given");
        Check.absent("--max-perplexity", maxPerplexity, "--text", "no text is given");
      }
      return new EvaluateSettings(
          model.folder(),
          against.map(folder -> Check.path("--against", folder)).orElse(""),
          measured,
          new Results(
              output.map(file -> Check.path("--output", file)).orElse(""),
              maxPerplexity
                  .map(most -> Check.positive("--max-perplexity", Double.MAX_VALUE, most))
                  .orElse(Double.POSITIVE_INFINITY)),
          engine.settings());
    }

    @Override
    public Map<String, Object> derived() {
      return protocol.derived();
    }
  }
}
