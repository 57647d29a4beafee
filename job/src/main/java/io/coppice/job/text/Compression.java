package io.coppice.job.text;

import java.util.Locale;
import java.util.stream.Stream;

/** The compression of a file, recognised by the ending of its name. */
public enum Compression {
  NONE("", ""),
  GZIP(".gz", "gzip"),
  BZIP2(".bz2", "bzip2");

  private final String ending;
  private final String label;

  Compression(String ending, String label) {
    this.ending = ending;
    this.label = label;
  }

  /** The compression of a file of that name. */
  static Compression of(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    return Stream.of(GZIP, BZIP2)
        .filter(compression -> name.endsWith(compression.ending))
        .findFirst()
        .orElse(NONE);
  }

  /** The name without the ending of this compression. */
  String strip(String fileName) {
    return fileName.substring(0, fileName.length() - ending.length());
  }

  /** The ending of names; empty for none. */
  String ending() {
    return ending;
  }

  /** The program's name, for messages. */
  String label() {
    return label;
  }
}
