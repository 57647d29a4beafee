package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.generate.Language;
import io.coppice.generate.TextWriter;
import io.coppice.job.cli.OutputSettings.Choice;
import io.coppice.reconstruct.DecimalShare;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice generate}, checked as far as it can be without the model.
 *
 * @param model folder of the dense checkpoint, on any Hadoop file system
 * @param output file for the texts, and folder for texts until all are written
 * @param openings beginnings of the texts
 * @param sampling numbers by which the rest of the texts is sampled
 * @param engine arithmetic of the run
 */
public record GenerateSettings(
    String model,
    OutputSettings output,
    Openings openings,
    Sampling sampling,
    EngineSettings engine)
    implements Serializable {

  /**
   * Beginnings of texts, which the model goes on with.
   *
   * @param language language of texts with random beginnings, a code of ISO 639, or any
   * @param prefixes texts whose beginnings are taken instead; empty for random ones
   * @param prefixTokens tokens of a beginning that is taken
   */
  public record Openings(String language, TextPlaces prefixes, int prefixTokens)
      implements Serializable {}

  /**
   * Numbers by which texts are sampled.
   *
   * @param samples number of texts that are wanted
   * @param dropPerplexity share of all texts written that is dropped, in [0, 1)
   * @param maxLength the most tokens of a text
   * @param temperature divisor of the scores before the softmax, more than 0
   * @param seed number that decides everything that is drawn
   */
  public record Sampling(
      int samples, double dropPerplexity, SequenceLength maxLength, double temperature, long seed)
      implements Serializable {

    /** Number of texts to write, so that {@link #samples} are left after the worst are dropped. */
    public int written() {
      return DecimalShare.before(dropPerplexity, samples);
    }
  }

  /** Number of texts that are wanted. */
  public int samples() {
    return sampling.samples();
  }

  /** Number of texts to write, so that {@link #samples} are left after the worst are dropped. */
  public int written() {
    return sampling.written();
  }

  /** The most tokens of a text. */
  public SequenceLength maxLength() {
    return sampling.maxLength();
  }

  /** Divisor of the scores before the softmax, more than 0. */
  public double temperature() {
    return sampling.temperature();
  }

  /** Number that decides everything that is drawn. */
  public long seed() {
    return sampling.seed();
  }

  /** Language of the texts, a code of ISO 639, or any. */
  public String language() {
    return openings.language();
  }

  /** Texts whose beginnings the model goes on with; empty for random openings. */
  public List<String> prefixes() {
    return openings.prefixes().paths();
  }

  /** Field of a JSON object, or Parquet column, that is the text. */
  public String textField() {
    return openings.prefixes().field();
  }

  /** Tokens of a beginning that is taken from a text. */
  public int prefixTokens() {
    return openings.prefixTokens();
  }

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
  public static final class Options implements CommandOptions<GenerateSettings> {
    private static final int DEFAULT_MAX_LENGTH = 1024;
    private static final int DEFAULT_PREFIX_TOKENS = 16;

    /** A begin token, a random opening and one token that is sampled. */
    private static final int LEAST_LENGTH = TextWriter.OPENING + 2;

    @Mixin private final SourceSettings.ModelOption model = new SourceSettings.ModelOption();

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

    @Mixin private final OutputSettings.RestartOption restart = new OutputSettings.RestartOption();

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

    @Mixin
    private final SelfGeneratedSettings.LanguageOption language =
        new SelfGeneratedSettings.LanguageOption();

    @Topic.Of(Topic.WRITTEN)
    @Option(
        names = "--prefixes",
        paramLabel = "TEXT",
        description =
            "Texts whose beginnings the model goes on with, each document once, instead of random"
                + " openings; their language is not checked. JSON lines, plain text or Parquet, also"
                + " gzipped. May be given several times.")
    private List<String> prefixes = List.of();

    @Mixin private final TextPlaces.FieldOption field = new TextPlaces.FieldOption();

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

    @Mixin private final RunningSettings.SeedOption seed = new RunningSettings.SeedOption();
    @Mixin private final EngineSettings.Options engine = new EngineSettings.Options();

    @Override
    public GenerateSettings settings() {
      GenerateSettings settings =
          new GenerateSettings(model.folder(), output(), openings(), sampling(), engine.settings());
      if (settings.written() > TextWriter.MOST_TEXTS) {
        throw new UsageException(
            "--samples %d with --drop-perplexity %s are %d texts to write; ask for at most %d"
                .formatted(samples, dropPerplexity, settings.written(), TextWriter.MOST_TEXTS));
      }
      return settings;
    }

    private OutputSettings output() {
      String file = Check.path("--output", output);
      return new OutputSettings(
          file,
          Check.path("--work-dir", workDir(file)),
          OutputSettings.chosen(
              Map.of(Choice.OVERWRITE, overwrite, Choice.RESTART, restart.restart())));
    }

    @Override
    public boolean resumes() {
      return true;
    }

    @Override
    public Map<String, Object> derived() {
      String folder = workDir(Check.path("--output", output));
      return prefixes.isEmpty()
          ? Map.of("work-dir", folder)
          : Map.of("work-dir", folder, "prefix-tokens", prefixTokens());
    }

    private String workDir(String file) {
      return workDir.orElseGet(() -> OutputSettings.Options.beside(file));
    }

    private Openings openings() {
      return new Openings(
          prefixes.isEmpty() ? language.language() : Language.ANY,
          field.files("--prefixes", prefixes),
          prefixTokens());
    }

    private Sampling sampling() {
      return new Sampling(
          Check.atLeast("--samples", 1, samples),
          Check.below("--drop-perplexity", 0, 1, dropPerplexity),
          SequenceLength.asked("--max-length", LEAST_LENGTH, maxLength)
              .orElse(SequenceLength.atMost(DEFAULT_MAX_LENGTH)),
          Check.positive("--temperature", 100, temperature),
          seed.seed());
    }

    private int prefixTokens() {
      if (prefixes.isEmpty()) {
        if (prefixTokens.isPresent()) {
          throw new UsageException(
              "--prefix-tokens goes with --prefixes only; leave it out or give --prefixes TEXT");
        }
        return 0;
      }
      return Check.atLeast("--prefix-tokens", 2, prefixTokens.orElse(DEFAULT_PREFIX_TOKENS));
    }
  }
}
