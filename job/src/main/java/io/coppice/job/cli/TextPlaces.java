package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * Places of texts.
 *
 * @param paths files, folders or globs on any Hadoop file system
 * @param field field of a JSON object, or Parquet column, that is the text
 */
public record TextPlaces(List<String> paths, String field) implements Serializable {
  public TextPlaces {
    paths = List.copyOf(paths);
  }

  /**
   * The texts that an option names.
   *
   * @throws io.coppice.failure.UsageException if a name is empty or carries credentials
   */
  static TextPlaces named(String option, List<String> texts, String field) {
    return new TextPlaces(texts.stream().map(text -> Check.pattern(option, text)).toList(), field);
  }

  /** The option that names the field, next to the options that name files. */
  static final class FieldOption {
    @Option(
        names = "--text-field",
        paramLabel = "NAME",
        defaultValue = "text",
        description =
            "Field of a JSON object, or Parquet column, that is the text (default:"
                + " ${DEFAULT-VALUE}).")
    private String field;

    /** The texts that an option names, with this field. */
    TextPlaces files(String option, List<String> texts) {
      return named(option, texts, field);
    }
  }
}
