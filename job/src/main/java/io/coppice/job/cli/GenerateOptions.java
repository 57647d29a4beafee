package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.generate.Language;
import io.coppice.generate.TextWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code coppice generate}. */
@Command(
    name = "generate",
    description = {
      "Lets the dense model write text to calibrate it with, as JSON lines.",
      "",
      "  coppice generate --model models/llama --output written.jsonl --samples 1000",
      "",
      "Started again after a failure, it goes on with what is not finished.",
      ""
    })
public final class GenerateOptions implements CommandOptions<GenerateSettings> {
  private static final int DEFAULT_MAX_LENGTH = 1024;
  private static final int DEFAULT_PREFIX_TOKENS = 16;

  /** A begin token, a random opening and something that is sampled. */
  private static final int LEAST_LENGTH = TextWriter.OPENING + 2;

  @Mixin private final ModelOptions model = new ModelOptions();

  @Topic.Of(Topic.RESULTS)
  @Option(
      names = "--output",
      required = true,
      paramLabel = "TEXT",
      description =
          "File for the texts, a JSON object per line, on any Hadoop file system; appears whole or"
              + " not at all.")
  private String output;

  @Topic.Of(Topic.RESULTS)
  @Option(
      names = "--work-dir",
      paramLabel = "FOLDER",
      description =
          "Folder for texts until all are written, on a file system that all executors see; a run"
              + " that is started again goes on from it (default: beside the output,"
              + " .NAME.coppice-work).")
  private Optional<String> workDir;

  @Topic.Of(Topic.RESULTS)
  @Option(names = "--overwrite", description = "Replace an output that exists.")
  private boolean overwrite;

  @Mixin private final RestartOptions restart = new RestartOptions();

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "256",
      description = "Texts to write, at least 1 (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description =
          "The most tokens of a text, at least 7 and at most the model's positions (default: 1024,"
              + " or the model's positions if fewer).")
  private Optional<Integer> maxLength;

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description =
          "Divides the scores before the softmax that tokens are sampled from; more than 0, at most"
              + " 100. 1 is the model's own distribution (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Mixin private final LanguageOptions language = new LanguageOptions();

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--prefixes",
      paramLabel = "TEXT",
      description =
          "Texts whose beginnings the model goes on with, each document once, instead of random"
              + " openings; their language is not checked. JSON lines, plain text or Parquet, also"
              + " gzipped. May be given several times.")
  private List<String> prefixes = List.of();

  @Mixin private final TextFieldOptions textField = new TextFieldOptions();

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--prefix-tokens",
      paramLabel = "N",
      description =
          "Tokens of a beginning, the begin token included, at least 2 and less than --max-length"
              + " (default with --prefixes: 16).")
  private Optional<Integer> prefixTokens;

  @Topic.Of(Topic.WRITTEN)
  @Option(
      names = "--drop-perplexity",
      paramLabel = "FRACTION",
      defaultValue = "0",
      description =
          "Write more texts and drop this share of all, those of the highest perplexity, so that"
              + " --samples remain; at least 0, less than 1 (default: ${DEFAULT-VALUE}).")
  private double dropPerplexity;

  @Mixin private final SeedOptions seed = new SeedOptions();
  @Mixin private final EngineOptions engine = new EngineOptions();

  @Override
  public GenerateSettings settings() {
    String file = Check.path("--output", output);
    workDir = Optional.of(workDir.orElseGet(() -> OutputOptions.beside(file)));
    GenerateSettings settings =
        new GenerateSettings(
            model.folder(),
            new OutputSettings(
                file,
                Check.path("--work-dir", workDir.orElseThrow()),
                overwrite,
                false,
                restart.restart()),
            Check.atLeast("--samples", 1, samples),
            maxLength
                .map(tokens -> Check.atLeast("--max-length", LEAST_LENGTH, tokens))
                .map(SequenceLength::exactly)
                .orElse(SequenceLength.atMost(DEFAULT_MAX_LENGTH)),
            Check.positive("--temperature", 100, temperature),
            prefixes.isEmpty() ? language.language() : Language.ANY,
            prefixes.stream().map(text -> Check.pattern("--prefixes", text)).toList(),
            textField.textField(),
            prefixTokens(),
            Check.below("--drop-perplexity", 0, 1, dropPerplexity),
            seed.seed(),
            engine.requireNative());
    if (settings.written() > TextWriter.MOST_TEXTS) {
      throw new UsageException(
          "--samples %d with --drop-perplexity %s are %d texts to write; ask for at most %d"
              .formatted(samples, dropPerplexity, settings.written(), TextWriter.MOST_TEXTS));
    }
    return settings;
  }

  private int prefixTokens() {
    if (prefixes.isEmpty()) {
      if (prefixTokens.isPresent()) {
        throw new UsageException(
            "--prefix-tokens goes with --prefixes only; leave it out or give --prefixes TEXT");
      }
      return 0;
    }
    prefixTokens = prefixTokens.or(() -> Optional.of(DEFAULT_PREFIX_TOKENS));
    return Check.atLeast("--prefix-tokens", 2, prefixTokens.orElseThrow());
  }
}
