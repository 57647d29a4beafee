package io.coppice.job.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the dense model writes itself to be trained on. */
@Topic.Of(Topic.WRITTEN)
final class SelfGeneratedOptions {
  @Option(
      names = "--self-generated",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Windows that the dense model writes itself, trained on besides the --samples of the"
              + " given text. The pruner does not see them, and what is held out stays given text"
              + " (default: ${DEFAULT-VALUE}).")
  private int windows;

  @Mixin private final LanguageOptions language = new LanguageOptions();

  SelfGeneratedSettings settings() {
    return new SelfGeneratedSettings(
        Check.atLeast("--self-generated", 0, windows), language.language());
  }
}
