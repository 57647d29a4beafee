package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.crypto.ParquetCryptoRuntimeException;
import org.apache.parquet.example.DummyRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopCodecs;

/**
 * The text column of the row groups that begin in a part; other columns are not read, whatever they
 * hold. In memory are the compressed column of one row group and one page of it. Where no field is
 * the text, whole rows instead.
 */
final class ParquetRecords {
  private static final int MAGIC_BYTES = 4;
  private static final String MAGIC = "PAR1";
  private static final String MAGIC_ENCRYPTED = "PARE";

  private final TextPart part;
  private final List<String> fields;
  private final RecordConsumer consumer;
  private final ParquetReadOptions options;

  private ParquetRecords(
      TextPart part, List<String> fields, Configuration hadoop, RecordConsumer consumer) {
    this.part = part;
    this.fields = fields;
    this.consumer = consumer;
    options =
        HadoopReadOptions.builder(hadoop)
            .usePageChecksumVerification()
            .withCodecFactory(new CheckedCodecs(HadoopCodecs.newFactory(hadoop, 0)))
            .build();
  }

  /** Reads them. */
  static ReadTotals read(
      TextPart part, List<String> fields, Configuration hadoop, RecordConsumer consumer) {
    requireParquet(part, hadoop);
    ParquetRecords records = new ParquetRecords(part, fields, hadoop, consumer);
    try (ParquetFileReader reader =
        sound(() -> ParquetFileReader.open(new ParquetSource(part, hadoop), records.options))) {
      return records.read(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close " + part.file(), e);
    }
  }

  private static void requireParquet(TextPart part, Configuration hadoop) {
    try (SourceStream source = SourceStream.open(part, hadoop);
        BufferedInputStream bytes = new BufferedInputStream(source)) {
      FirstBytes.of(bytes).requireContent();
      source.seek(Math.max(0, part.fileLength() - MAGIC_BYTES));
      String last = new String(source.readNBytes(MAGIC_BYTES), StandardCharsets.ISO_8859_1);
      if (last.equals(MAGIC_ENCRYPTED)) {
        throw encrypted();
      }
      if (!last.equals(MAGIC)) {
        throw new InvalidDataException(
            "it is not a Parquet file, or cut off: it does not end as one; fetch or write it again");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + part.file(), e);
    }
  }

  private ReadTotals read(ParquetFileReader reader) {
    RowGroups rowGroups = fields.isEmpty() ? wholeRows(reader) : textColumn(reader);
    List<BlockMetaData> groups = reader.getRowGroups();
    long rows = 0;
    long before = 0;
    for (int group = 0; group < groups.size(); group++) {
      long count = groups.get(group).getRowCount();
      if (count > 0 && beginsHere(groups.get(group))) {
        rowGroups.read(group, before);
        rows += count;
      }
      before += count;
    }
    return new ReadTotals(part.isFirst() ? 1 : 0, 0, 0, rows, part.isFirst() ? before : 0);
  }

  /** Reads a row group; {@code before} is the number of rows before it. */
  private interface RowGroups {
    void read(int group, long before);
  }

  private RowGroups textColumn(ParquetFileReader reader) {
    ParquetText text = sound(() -> ParquetText.of(reader.getFileMetaData().getSchema(), fields));
    sound(
        () -> {
          reader.setRequestedSchema(text.projection());
          return reader;
        });
    return (group, before) -> readGroup(reader, group, text, before);
  }

  private RowGroups wholeRows(ParquetFileReader reader) {
    return (group, before) -> {
      PageReadStore pages = sound(() -> reader.readRowGroup(group));
      ParquetRows rows = sound(() -> new ParquetRows(reader.getFileMetaData(), pages));
      for (long row = before; row < before + pages.getRowCount(); row++) {
        byte[] record = sound(rows::next);
        consumer.accept(record, record.length, row);
      }
    };
  }

  private boolean beginsHere(BlockMetaData group) {
    long position = sound(group::getStartingPos);
    return position >= part.begin() && position < part.end();
  }

  private void readGroup(ParquetFileReader reader, int group, ParquetText text, long before) {
    requireCodec(reader.getRowGroups().get(group), text);
    PageReadStore pages = sound(() -> reader.readRowGroup(group));
    ColumnReader column =
        sound(
            () ->
                new ColumnReadStoreImpl(
                        pages,
                        new DummyRecordConverter(text.projection()).getRootConverter(),
                        text.projection(),
                        reader.getFileMetaData().getCreatedBy())
                    .getColumnReader(text.column()));
    long rows = pages.getRowCount();
    if (column.getTotalValueCount() != rows) {
      throw new InvalidDataException(
          "it is broken: of %d rows of a group, its column %s has %d"
              .formatted(rows, text.name(), column.getTotalValueCount()));
    }
    for (long row = before; row < before + rows; row++) {
      byte[] bytes = value(column, text, row);
      consumer.accept(bytes, bytes.length, row);
    }
  }

  private byte[] value(ColumnReader column, ParquetText text, long row) {
    return sound(
        () -> {
          if (column.getCurrentDefinitionLevel() < text.column().getMaxDefinitionLevel()) {
            throw new InvalidDataException(
                "expected a text in every row, but in row %d its column '%s' is null"
                    .formatted(row + 1, text.name()));
          }
          byte[] bytes = column.getBinary().getBytes();
          column.consume();
          return bytes;
        });
  }

  private void requireCodec(BlockMetaData group, ParquetText text) {
    ColumnPath path = ColumnPath.get(text.column().getPath());
    CompressionCodecName codec =
        sound(
            () ->
                group.getColumns().stream()
                    .filter(chunk -> chunk.getPath().equals(path))
                    .map(ColumnChunkMetaData::getCodec)
                    .findFirst()
                    .orElseThrow());
    try {
      options.getCodecFactory().getDecompressor(codec);
    } catch (RuntimeException | LinkageError e) {
      throw new InvalidDataException(
          "its column '%s' is compressed with %s, which this Spark does not have; write it anew with zstd, snappy or gzip"
              .formatted(text.name(), codec),
          e);
    }
  }

  /** Runs the library; its failures are the file's, except those of the file system. */
  private static <T> T sound(Callable<T> action) {
    try {
      return action.call();
    } catch (InvalidDataException e) {
      throw e;
    } catch (ParquetCryptoRuntimeException e) {
      throw encrypted();
    } catch (Exception e) {
      Stream.<Throwable>iterate(e, cause -> cause != null, Throwable::getCause)
          .limit(100)
          .filter(UncheckedIOException.class::isInstance)
          .map(UncheckedIOException.class::cast)
          .findFirst()
          .ifPresent(
              storage -> {
                throw storage;
              });
      throw new InvalidDataException(
          "it is broken, and cannot be read as a Parquet file; fetch or write it again", e);
    }
  }

  private static InvalidDataException encrypted() {
    return new InvalidDataException("it is encrypted; write it anew without encryption");
  }
}
