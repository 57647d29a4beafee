package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** Where in a record the text is. */
final class TextFieldOptions {
  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      defaultValue = "text",
      description =
          "Field of a JSON object, or Parquet column, that is the text (default:"
              + " ${DEFAULT-VALUE}).")
  private String textField;

  String textField() {
    return textField;
  }
}
