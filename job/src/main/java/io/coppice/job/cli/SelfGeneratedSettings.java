package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Text that the dense model writes itself to be trained on.
 *
 * @param windows windows of it, besides those of the given text; 0 for none
 * @param language language of the text, a code of ISO 639, or any
 */
public record SelfGeneratedSettings(int windows, String language) implements Serializable {

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

    @Mixin private final LanguageOption language = new LanguageOption();

    SelfGeneratedSettings settings() {
      return new SelfGeneratedSettings(
          Check.atLeast("--self-generated", 0, windows), language.language());
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
