package io.coppice.job.text;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The arrangement of documents in a file, recognised by the ending of its name. */
public enum TextFormat {
  /** One JSON object a line, a document each. */
  JSON_LINES(".jsonl", ".json", ".ndjson"),
  /** The whole file is one document. */
  PLAIN(".txt", ".text", ".raw", ".tokens"),
  /** One row, one document. */
  PARQUET(".parquet");

  /** The endings that are known, for messages. */
  static final String ENDINGS =
      ".jsonl, .json, .ndjson, .txt, .text, .raw, .tokens (all of them also compressed, .gz or .bz2) or"
          + " .parquet";

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
    String plain = Compression.of(name).strip(name);
    return Stream.of(JSON_LINES, PLAIN).filter(format -> format.matches(plain)).findFirst();
  }

  private boolean matches(String name) {
    return endings.stream().anyMatch(name::endsWith);
  }
}
