package io.coppice.job.text;

import java.io.Serializable;
import java.util.List;

/**
 * Where the documents are in files of each format.
 *
 * @param fields names of a JSON object's field, or Parquet column, that is the text: the first that
 *     is there
 * @param plain the documents in a plain text file
 */
public record TextShape(List<String> fields, PlainDocuments plain) implements Serializable {
  public TextShape {
    fields = List.copyOf(fields);
  }

  /** Finds the documents in a plain text file; sent to tasks. */
  @FunctionalInterface
  public interface PlainDocuments extends Serializable {
    List<String> of(String file);
  }

  /** A text in one field; a plain text file is one document. */
  public static TextShape field(String name) {
    return new TextShape(List.of(name), List::of);
  }
}
