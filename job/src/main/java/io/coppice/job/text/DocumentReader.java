package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/** Reads the documents of parts of text files. */
public final class DocumentReader {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final TextShape shape;
  private final Configuration hadoop;
  private final JsonLine json;

  /** Makes a reader of documents in files of a shape. */
  public DocumentReader(TextShape shape, Configuration hadoop) {
    this.shape = shape;
    this.hadoop = hadoop;
    this.json = new JsonLine(shape.fields());
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
            case PARQUET -> ParquetRecords.read(part, shape.fields(), hadoop, records);
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
      texts(bytes, length)
          .forEach(
              text -> {
                shape.check().accept(text);
                documents.accept(text);
                count++;
              });
      within = false;
    }

    private List<String> texts(byte[] bytes, int length) {
      return switch (part.format()) {
        case JSON_LINES -> line(bytes, length).map(List::of).orElse(List.of());
        case PLAIN -> shape.plain().of(withoutMark(Utf8.decode(bytes, length)));
        case PARQUET -> List.of(withoutMark(Utf8.decode(bytes, length)));
      };
    }
  }

  private Optional<String> line(byte[] bytes, int length) {
    if (!shape.isWholeRecord()) {
      return json.text(bytes, length);
    }
    String line = Utf8.decode(bytes, length);
    return line.isBlank() ? Optional.empty() : Optional.of(line);
  }

  private static String withoutMark(String text) {
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }
}
