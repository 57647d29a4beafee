package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.io.Serializable;
import java.util.List;

/**
 * Where the documents are in files of each format.
 *
 * @param fields names of a JSON object's field, or Parquet column, that is the text: the first that
 *     is there; none where the whole record is the document
 * @param plain the documents in a plain text file
 * @param check what each document must be
 */
public record TextShape(List<String> fields, PlainDocuments plain, RecordCheck check)
    implements Serializable {
  public TextShape {
    fields = List.copyOf(fields);
  }

  /** Finds the documents in a plain text file; sent to tasks. */
  @FunctionalInterface
  public interface PlainDocuments extends Serializable {
    List<String> of(String file);
  }

  /** A text in a field. */
  public TextShape(List<String> fields, PlainDocuments plain) {
    this(fields, plain, RecordCheck.NONE);
  }

  /** JSON objects, or rows of Parquet files as such, see {@link JsonRecord}; no plain text. */
  public static TextShape records(RecordCheck check) {
    return new TextShape(
        List.of(),
        file -> {
          throw new InvalidDataException(
              "it is plain text, but records were expected: JSON lines (.jsonl) or Parquet");
        },
        check);
  }

  /** Whether the whole record is the document. */
  boolean isWholeRecord() {
    return fields.isEmpty();
  }

  /** A text in one field; a plain text file is one document. */
  public static TextShape field(String name) {
    return new TextShape(List.of(name), List::of);
  }
}
