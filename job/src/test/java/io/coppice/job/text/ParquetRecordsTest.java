package io.coppice.job.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.coppice.job.text.TextSamples.ParquetLayout;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParquetRecordsTest {
  /** A column of each type that people's files have. */
  private static final String ALL_TYPES =
      """
      message m {
        required int64 id;
        optional boolean flag;
        optional float score;
        required double weight;
        optional int32 small (INTEGER(8, true));
        optional int96 old_time;
        optional int64 time (TIMESTAMP(MICROS, true));
        optional fixed_len_byte_array(16) uuid (UUID);
        optional binary price (DECIMAL(9, 2));
        optional binary raw;
        optional binary Text (STRING);
        optional binary text (STRING);
        optional group meta { optional binary text (STRING); optional group in { required binary note; } }
        optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
        optional group links (MAP) { repeated group key_value { required binary key (STRING); optional int32 value; } }
        repeated int32 numbers;
      }
      """;

  private final Configuration hadoop = new Configuration();
  private final List<String> texts =
      IntStream.range(0, 500)
          .mapToObj(i -> "Nº %d “x” ".formatted(i % 7).repeat(1 + i % 5))
          .toList();

  @TempDir private Path folder;

  private List<String> read(Path file, String field, int largestPart) {
    TextFiles files = TextFiles.find(List.of(file.toString()), hadoop);
    List<String> documents = new ArrayList<>();
    ReadTotals totals = ReadTotals.NONE;
    for (TextPart part : TextParts.cut(files, largestPart)) {
      totals =
          totals.plus(
              new DocumentReader(TextShape.field(field), hadoop).read(part, documents::add));
    }
    assertThat(totals.requireAll(files)).isEqualTo(new TextCount(1, documents.size()));
    return documents;
  }

  private String problem(Path file, String field) {
    BadTextException bad =
        catchThrowableOfType(BadTextException.class, () -> read(file, field, 1 << 20));
    assertThat(bad).as("%s", file).isNotNull();
    String message = bad.problem().toException(hadoop).getMessage();
    String start = "Bad text in file:" + file;
    assertThat(message).startsWith(start).endsWith(".").doesNotContain("Exception", "parquet.io");
    return message.substring(start.length());
  }

  private Path write(String name, String schema) {
    return TextSamples.parquet(
        folder.resolve(name), ParquetLayout.of(schema), texts, (row, text) -> {});
  }

  private static void fillAll(Group row, String text) {
    row.append("id", 7L).append("flag", true).append("score", Float.NaN).append("weight", 1d);
    row.append("small", 3).append("time", 5L).append("numbers", 1).append("numbers", 2);
    row.append("uuid", Binary.fromConstantByteArray(new byte[16]));
    row.append("raw", Binary.fromString("raw " + text)).append("Text", "TEXT").append("text", text);
    Group meta = row.addGroup("meta").append("text", "in " + text);
    meta.addGroup("in").append("note", "deep " + text);
    row.addGroup("tags").addGroup("list").append("element", "tag");
    row.addGroup("links").addGroup("key_value").append("key", "k").append("value", 1);
  }

  @Test
  void otherColumnsDoNotMatter() {
    Path file =
        TextSamples.parquet(
            folder.resolve("a.parquet"),
            ParquetLayout.of(ALL_TYPES),
            texts,
            ParquetRecordsTest::fillAll);

    assertThat(read(file, "text", 1 << 20)).isEqualTo(texts);
    assertThat(read(file, "Text", 1 << 20)).hasSize(500).containsOnly("TEXT");
    assertThat(read(file, "raw", 1 << 20)).startsWith("raw " + texts.get(0));
    assertThat(read(file, "meta.text", 1 << 20)).startsWith("in " + texts.get(0));
    assertThat(read(file, "meta.in.note", 1 << 20)).startsWith("deep " + texts.get(0));
  }

  @Test
  void everyRowIsReadOnceWhereverPartsEnd() throws IOException {
    ParquetLayout layout =
        new ParquetLayout(
            "message m { optional binary text (STRING); }", CompressionCodecName.GZIP, 2000);
    Path file =
        TextSamples.parquet(
            folder.resolve("a.parquet"), layout, texts, (row, text) -> row.append("text", text));
    int length = (int) Files.size(file);
    assertThat(length).isGreaterThan(5000);

    for (int largest : new int[] {1, 100, 1000, 3333, length - 1, length}) {
      assertThat(read(file, "text", largest)).as("%d", largest).isEqualTo(texts);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW", "LZ4"})
  void allCodecsOfSparkAreRead(CompressionCodecName codec) {
    ParquetLayout layout = new ParquetLayout("message m { required binary text; }", codec, 1 << 20);
    Path file =
        TextSamples.parquet(
            folder.resolve("a.parquet"), layout, texts, (row, text) -> row.append("text", text));
    assertThat(read(file, "text", 1 << 20)).isEqualTo(texts);
  }

  @Test
  void aFileMayHaveNoRows() {
    Path file = TextSamples.parquet(folder.resolve("a.parquet"), List.of());
    assertThat(read(file, "text", 1 << 20)).isEmpty();
  }

  @Test
  void wrongColumnsAreTold() {
    Path file =
        write(
            "a.parquet",
            """
            message m {
              optional binary body (STRING); optional int32 text; optional int64 at (TIMESTAMP(MILLIS, true));
              optional group s { optional binary x; }
              optional group tags (LIST) { repeated group list { optional binary element; } }
              optional binary price (DECIMAL(9, 2)); repeated binary words;
            }
            """);
    String others = "body, text, at, s, tags, price, words";
    assertThat(problem(file, "text"))
        .isEqualTo(
            ": its column 'text' holds the type int32, and a string was expected; name another one of %s with --text-field."
                .formatted(others));
    assertThat(problem(file, "none"))
        .isEqualTo(
            ": it has no column 'none', only %s; name one with --text-field.".formatted(others));
    assertThat(problem(file, "BODY")).contains("no column 'BODY'");
    assertThat(problem(file, "at")).contains("holds the type timestamp(millis,true)");
    assertThat(problem(file, "s")).contains("holds a struct");
    assertThat(problem(file, "s.y")).contains("no column 's.y'");
    assertThat(problem(file, "tags")).contains("holds the type list");
    assertThat(problem(file, "tags.list.element")).contains("holds lists");
    assertThat(problem(file, "words")).contains("holds lists");
    assertThat(problem(file, "price")).contains("decimal");
  }

  @Test
  void missingAndUndecodableTextsAreTold() {
    String schema = "message m { optional binary text; optional group s { optional binary t; } }";
    Path file =
        TextSamples.parquet(
            folder.resolve("a.parquet"),
            ParquetLayout.of(schema),
            List.of("a", "b", "c"),
            (row, text) -> {
              if (!text.equals("b")) {
                row.append("text", text);
              }
            });
    assertThat(problem(file, "text"))
        .isEqualTo(": expected a text in every row, but in row 2 its column 'text' is null.");
    assertThat(problem(file, "s.t")).contains("in row 1 its column 's.t' is null");
    Path latin =
        TextSamples.parquet(
            folder.resolve("b.parquet"),
            ParquetLayout.of(schema),
            List.of("ok", "café"),
            (row, text) ->
                row.append(
                    "text",
                    Binary.fromConstantByteArray(text.getBytes(StandardCharsets.ISO_8859_1))));
    assertThat(problem(latin, "text"))
        .isEqualTo(", row 2: expected UTF-8, but byte 3 is not; convert the text.");
  }

  @Test
  void otherAndBrokenFilesAreTold() throws IOException {
    Path good = TextSamples.parquet(folder.resolve("good.parquet"), texts);
    byte[] bytes = Files.readAllBytes(good);
    Path file = folder.resolve("a.parquet");
    for (int length : new int[] {0, 3, 4, 12, 100, bytes.length - 1}) {
      TextSamples.write(file, Arrays.copyOf(bytes, length));
      assertThat(problem(file, "text"))
          .as("%d", length)
          .containsAnyOf("not a Parquet file", "broken");
    }
    TextSamples.write(file, "{\"text\": \"a\"}\n");
    assertThat(problem(file, "text")).contains("it is not a Parquet file");
    byte[] encrypted = bytes.clone();
    encrypted[bytes.length - 1] = 'E';
    TextSamples.write(file, encrypted);
    assertThat(problem(file, "text"))
        .isEqualTo(": it is encrypted; write it anew without encryption.");
  }

  /** Whatever a byte is changed to, what is said is about the file. */
  @Test
  void brokenBytesAreTheFilesFault() throws IOException {
    byte[] bytes = Files.readAllBytes(TextSamples.parquet(folder.resolve("g.parquet"), texts));
    Path file = folder.resolve("a.parquet");
    TextSamples.write(file, bytes);
    int told = 0;
    for (int at = 4; at < bytes.length; at += 11) {
      try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
        access.seek(at);
        access.write(bytes[at] ^ 0x55);
        try {
          read(file, "text", 1 << 20);
        } catch (BadTextException e) {
          told++;
        }
        access.seek(at);
        access.write(bytes[at]);
      }
    }
    assertThat(told).isGreaterThan(10);
  }

  @ParameterizedTest
  @EnumSource(names = {"BROTLI", "LZO"})
  void codecsThatSparkLacksAreTold(CompressionCodecName codec) throws IOException {
    Path file = TextSamples.parquet(folder.resolve("a.parquet"), texts);
    Recoded.write(file, codec);
    assertThat(problem(file, "text"))
        .isEqualTo(
            ": its column 'text' is compressed with %s, which this Spark does not have; write it anew with zstd, snappy or gzip."
                .formatted(codec));
  }
}
