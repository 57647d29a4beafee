package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/** Reads the documents of parts of text files. */
public final class DocumentReader {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final String field;
  private final Configuration hadoop;
  private final JsonLine json;

  /**
   * Makes a reader.
   *
   * @param field the field of a JSON object, or the Parquet column, that is the text
   */
  public DocumentReader(String field, Configuration hadoop) {
    this.field = field;
    this.hadoop = hadoop;
    this.json = new JsonLine(field);
  }

  /**
   * Reads a part.
   *
   * @param documents takes each document, in their order, and may refuse it by {@link
   *     InvalidDataException}
   * @throws BadTextException if the file or a document in it is broken
   * @throws java.io.UncheckedIOException if the file system fails
   */
  public ReadTotals read(TextPart part, Consumer<String> documents) {
    Records records = new Records(part, documents);
    try {
      ReadTotals totals =
          switch (part.format()) {
            case JSON_LINES -> LineRecords.read(part, hadoop, records);
            case PLAIN -> PlainRecord.read(part, hadoop, records);
            case PARQUET -> ParquetRecords.read(part, field, hadoop, records);
          };
      return totals.withDocuments(records.count);
    } catch (InvalidDataException e) {
      throw new BadTextException(
          new TextProblem(part, records.within, records.position, e.getMessage()), e);
    }
  }

  /** Turns records into documents, and remembers its place. */
  private final class Records implements RecordConsumer {
    private final TextPart part;
    private final Consumer<String> documents;
    private long count;
    private long position;
    private boolean within;

    Records(TextPart part, Consumer<String> documents) {
      this.part = part;
      this.documents = documents;
      this.position = part.begin();
    }

    @Override
    public void accept(byte[] bytes, int length, long at) {
      position = at;
      within = true;
      Optional<String> text =
          part.format() == TextFormat.JSON_LINES
              ? json.text(bytes, length)
              : Optional.of(withoutMark(Utf8.decode(bytes, length)));
      if (text.isPresent()) {
        documents.accept(text.get());
        count++;
      }
      within = false;
    }
  }

  private static String withoutMark(String text) {
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }
}
