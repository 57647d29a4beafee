package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** In which language the model is to write. */
final class LanguageOptions {
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
