package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.generate.TextWriter;
import io.coppice.reconstruct.DecimalShare;
import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Text that the dense model writes itself to be trained on.
 *
 * @param windows windows of it, besides those of the given text; 0 for none
 * @param dropPerplexity share of all windows written that is dropped, in [0, 1)
 * @param language language of the text, a code of ISO 639, or any
 */
public record SelfGeneratedSettings(int windows, double dropPerplexity, String language)
    implements Serializable {

  /** Windows that are written, so that those that are wanted remain. */
  public int written() {
    return DecimalShare.before(dropPerplexity, windows);
  }

  /** The options that say how much text is written, and in which language. */
  @Topic.Of(Topic.WRITTEN)
  static final class Options {
    @Option(
        names = "--self-generated",
        paramLabel = "N",
        defaultValue = "0",
        description =
            "Windows that the dense model writes itself, trained on besides the --samples of the"
                + " given text. The pruner does not see them, and what is held out stays given text"
                + " (default: ${DEFAULT-VALUE}).")
    private int windows;

    @Option(
        names = "--drop-perplexity",
        paramLabel = "FRACTION",
        defaultValue = "0",
        description =
            "Let the dense model write more windows and drop this share of all, those of the highest"
                + " perplexity, so that --self-generated remain; at least 0, less than 1 (default:"
                + " ${DEFAULT-VALUE}).")
    private double dropPerplexity;

    @Mixin private final LanguageOption language = new LanguageOption();

    SelfGeneratedSettings settings() {
      double dropped = Check.below("--drop-perplexity", 0, 1, dropPerplexity);
      if (windows == 0 && dropped > 0) {
        throw new UsageException(
            "--drop-perplexity drops windows that the model writes, but --self-generated is 0; leave"
                + " it out or give a number of windows");
      }
      SelfGeneratedSettings settings =
          new SelfGeneratedSettings(
              Check.atLeast("--self-generated", 0, windows), dropped, language.language());
      if (settings.written() > TextWriter.MOST_TEXTS) {
        throw new UsageException(
            "--self-generated %d with --drop-perplexity %s are %d windows to write; ask for at most %d"
                .formatted(windows, dropPerplexity, settings.written(), TextWriter.MOST_TEXTS));
      }
      return settings;
    }
  }

  /** The option that names the language in which the model is to write. */
  static final class LanguageOption {
    @Option(
        names = "--language",
        paramLabel = "CODE",
        defaultValue = "en",
        description =
            "Language of text that the model writes, a code of ISO 639 (en, de, fr): what begins in"
                + " another one is thrown away and drawn anew. With any nothing is (default:"
                + " ${DEFAULT-VALUE}).")
    private String language;

    String language() {
      return language;
    }
  }
}
