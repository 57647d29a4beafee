package io.coppice.job.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Writes text files of all kinds. */
public final class TextSamples {
  private static final String TEXT_ALONE = "message m { optional binary text (STRING); }";

  private TextSamples() {}

  /**
   * Settings for writing a Parquet file.
   *
   * @param schema in Parquet's own notation
   * @param rowGroupBytes size at which a row group ends
   */
  public record ParquetLayout(String schema, CompressionCodecName codec, long rowGroupBytes) {
    /** A schema, written as usual. */
    public static ParquetLayout of(String schema) {
      return new ParquetLayout(schema, CompressionCodecName.SNAPPY, 1 << 20);
    }
  }

  /** Writes documents into a column {@code text}, that is all. */
  public static Path parquet(Path file, List<String> documents) {
    return parquet(
        file, ParquetLayout.of(TEXT_ALONE), documents, (row, text) -> row.append("text", text));
  }

  /** Writes rows. */
  public static <T> Path parquet(
      Path file, ParquetLayout layout, List<T> rows, BiConsumer<Group, T> fill) {
    MessageType schema = MessageTypeParser.parseMessageType(layout.schema());
    SimpleGroupFactory groups = new SimpleGroupFactory(schema);
    try {
      Files.createDirectories(file.getParent());
      try (ParquetWriter<Group> writer =
          ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(file.toUri()))
              .withConf(withoutChecksums())
              .withType(schema)
              .withCompressionCodec(layout.codec())
              .withRowGroupSize(layout.rowGroupBytes())
              .withMinRowCountForPageSizeCheck(1)
              .withPageSize(256)
              .build()) {
        for (T value : rows) {
          Group row = groups.newGroup();
          fill.accept(row, value);
          writer.write(row);
        }
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Configuration withoutChecksums() {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.file.impl", "org.apache.hadoop.fs.RawLocalFileSystem");
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    return hadoop;
  }

  /** A text as one gzip member. */
  public static byte[] gzip(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream member = new GZIPOutputStream(bytes)) {
      member.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** All bytes in a row. */
  public static byte[] concatenate(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  /** Writes a file, and the folders above it. */
  public static Path write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file in UTF-8. */
  public static Path write(Path file, String text) {
    return write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
