package io.coppice.job.calibration;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How documents lie in a file; told by the ending of its name. */
enum TextFormat {
  /** One JSON object a line, a document each. */
  JSON_LINES(".jsonl", ".json", ".ndjson"),
  /** The whole file is one document. */
  PLAIN(".txt", ".text", ".raw", ".tokens"),
  /** One row, one document. */
  PARQUET(".parquet");

  /** The endings that are understood, for messages. */
  static final String ENDINGS =
      ".jsonl, .json, .ndjson, .txt, .text, .raw, .tokens (all of them also compressed, .gz or .bz2) or"
          + " .parquet";

  private static final List<String> COMPRESSED = List.of(".gz", ".bz2");

  private final List<String> endings;

  TextFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /** The format of a file of that name, if its ending says. */
  static Optional<TextFormat> of(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    if (PARQUET.matches(name)) {
      return Optional.of(PARQUET);
    }
    String plain =
        COMPRESSED.stream()
            .filter(name::endsWith)
            .findFirst()
            .map(ending -> name.substring(0, name.length() - ending.length()))
            .orElse(name);
    return List.of(JSON_LINES, PLAIN).stream().filter(format -> format.matches(plain)).findFirst();
  }

  private boolean matches(String name) {
    return endings.stream().anyMatch(name::endsWith);
  }
}
