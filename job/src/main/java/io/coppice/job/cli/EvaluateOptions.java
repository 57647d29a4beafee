package io.coppice.job.cli;

import io.coppice.text.Join;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code coppice evaluate}. */
@Command(
    name = "evaluate",
    description = {
      "Measures a checkpoint's perplexity on texts; prints JSON on standard output.",
      "",
      "  coppice evaluate --model sparse --text test.jsonl",
      ""
    })
public final class EvaluateOptions implements CommandOptions<EvaluateSettings> {
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final EngineOptions engine = new EngineOptions();

  @Topic.Of(Topic.MEASURED)
  @Option(
      names = "--text",
      required = true,
      paramLabel = "TEXT",
      description =
          "Text to measure on: JSON lines, plain text or Parquet, also gzipped, on"
              + " any Hadoop file system. May be given several times.")
  private List<String> texts;

  @Mixin private final TextFieldOptions textField = new TextFieldOptions();

  @Topic.Of(Topic.MEASURED)
  @Option(
      names = "--join",
      paramLabel = "JOIN",
      defaultValue = "blank-line",
      description =
          "How documents become one stream: blank-line (a blank line between them), space, or bos"
              + " (each with its own beginning-of-sequence token) (default: ${DEFAULT-VALUE}).")
  private Join join;

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
        texts.stream().map(text -> Check.pattern("--text", text)).toList(),
        textField.textField(),
        join,
        sequenceLength
            .map(tokens -> Check.atLeast("--sequence-length", 2, tokens))
            .map(SequenceLength::exactly)
            .orElse(SequenceLength.ofModel()),
        output.map(file -> Check.path("--output", file)).orElse(""),
        maxPerplexity
            .map(most -> Check.positive("--max-perplexity", Double.MAX_VALUE, most))
            .orElse(Double.POSITIVE_INFINITY),
        engine.requireNative());
  }
}
