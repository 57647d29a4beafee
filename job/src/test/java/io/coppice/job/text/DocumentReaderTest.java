package io.coppice.job.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.coppice.failure.InvalidDataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines and plain text, compressed or not. */
class DocumentReaderTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";

  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;

  private List<String> read(Path file, int largestPart) {
    TextFiles files = TextFiles.find(List.of(file.toString()), hadoop);
    List<String> documents = new ArrayList<>();
    ReadTotals totals = ReadTotals.NONE;
    for (TextPart part : TextParts.cut(files, largestPart)) {
      totals =
          totals.plus(
              new DocumentReader(TextShape.field("text"), hadoop).read(part, documents::add));
    }
    assertThat(totals.requireAll(files)).isEqualTo(new TextCount(1, documents.size()));
    return documents;
  }

  private List<String> read(String name, byte[] content) {
    return read(TextSamples.write(folder.resolve(name), content), 1 << 20);
  }

  private List<String> read(String name, String content) {
    return read(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The message about a file, without its name. */
  private String problem(String name, byte[] content) {
    BadTextException bad = catchThrowableOfType(BadTextException.class, () -> read(name, content));
    assertThat(bad).as(name).isNotNull();
    String message = bad.problem().toException(hadoop).getMessage();
    String start = "Bad text in file:" + folder.resolve(name);
    assertThat(message).startsWith(start).endsWith(".").doesNotContain("Exception", "com.", "org.");
    return message.substring(start.length());
  }

  private String problem(String name, String content) {
    return problem(name, content.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theFirstFieldThatIsThereIsTheText() {
    Path file =
        TextSamples.write(
            folder.resolve("a.jsonl"),
            "{\"b\":\"two\",\"a\":\"one\"}\n{\"b\":\"three\"}\n{\"a\":\"four\",\"b\":5}\n");
    DocumentReader reader = new DocumentReader(new TextShape(List.of("a", "b"), List::of), hadoop);
    List<String> documents = new ArrayList<>();
    TextFiles files = TextFiles.find(List.of(file.toString()), hadoop);

    TextParts.cut(files, 1 << 20).forEach(part -> reader.read(part, documents::add));

    assertThat(documents).containsExactly("one", "three", "four");
  }

  @Test
  void aPlainFileHoldsTheDocumentsOfItsShape() {
    Path file = TextSamples.write(folder.resolve("a.txt"), "\ufeffa b c");
    DocumentReader reader =
        new DocumentReader(
            new TextShape(List.of("text"), text -> List.of(text.split(" "))), hadoop);
    List<String> documents = new ArrayList<>();
    TextFiles files = TextFiles.find(List.of(file.toString()), hadoop);

    ReadTotals totals = reader.read(TextParts.cut(files, 1 << 20).get(0), documents::add);

    assertThat(documents).containsExactly("a", "b", "c");
    assertThat(totals.documents()).isEqualTo(3);
  }

  @Test
  void everyLineIsReadOnceWhereverPartsEnd() {
    String lines =
        "\ufeff{\"text\":\"a\"}\r\n\r\n \t\n{\"text\":\"bé\"}\n{\"text\":\"c\"}\r\n{\"text\":\"\"}\n\n{\"text\":\"e\"}";
    for (String end : List.of("", "\n", "\r\n", "\n\n")) {
      Path file = TextSamples.write(folder.resolve("a.jsonl"), lines + end);
      for (int largest = 1; largest < lines.length() + 5; largest++) {
        assertThat(read(file, largest)).as("%d", largest).containsExactly("a", "bé", "c", "", "e");
      }
    }
    assertThat(read("b.jsonl", "")).isEmpty();
    assertThat(read("c.jsonl", "\ufeff\n")).isEmpty();
  }

  @Test
  void linesAreNumberedWhereverPartsEnd() {
    String lines = "{\"text\":\"a\"}\r\n\n{\"text\":\"a\"}\n{\"txt\":\"a\"}\n{\"txt\":\"a\"}\n";
    Path file = TextSamples.write(folder.resolve("a.jsonl"), lines);
    for (int largest = 1; largest < lines.length(); largest++) {
      int most = largest;
      BadTextException bad = catchThrowableOfType(BadTextException.class, () -> read(file, most));
      assertThat(bad.problem().toException(hadoop).getMessage())
          .isEqualTo(
              "Bad text in file:%s, line 4: expected a text in the field 'text', but found no such field, only txt; name another field with --text-field."
                  .formatted(file));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"s": NaN, "text": "t", "u": [Infinity, -Infinity]}  | t
          {"text": "t", "n": 1e999999, "m": -0.0}              | t
          {"a": 1, "a": 2, "text": "t", "text": "t"}           | t
          {"text": "x\\u0000\\ud83d\\ude00\\ud83d"}            | x\0\ud83d\ude00\ufffd
          {"Text": "x", "text": "t", "TEXT": 3}                | t
          {"text": "t"}                                        | t
          """)
  void whateverElseTheObjectHoldsIsPassedOver(String line, String text) {
    assertThat(read("a.jsonl", line)).containsExactly(text);
  }

  @Test
  void longAndDeepLinesAreRead() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    String number = "9".repeat(100_000);
    String text = "word ".repeat(1_000_000);
    String key = "k".repeat(40_000);
    String line = "{\"d\":%s,\"n\":%s,\"%s\":1,\"text\":\"%s\"}".formatted(deep, number, key, text);
    assertThat(read("a.jsonl", line + "\n" + line)).containsExactly(text, text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"text": "a" "b": 1}   | not valid JSON near column 14 ('"text": "a" "b": 1}'): a comma, colon, quote, bracket or brace too few or too many.
          {'text': "a"}          | not valid JSON near column 2 ('{'text': "a"}'): names and strings stand in double quotes.
          {"text": None}         | ): a word that is not in quotes
          {"text": "a            | not valid JSON: the line ends before its object does; an object must stand whole on one line (jq -c . FILE writes it so).
          {                      | not valid JSON: the line ends before its object does
          [{"text": "a"}]        | expected one JSON object a line, but found a list; if the file is one list of objects, write them as lines (jq -c '.[]' FILE).
          "a"                    | expected one JSON object a line, with the text in a field, but found a string.
          {"text": "a"}{"x": 1}  | expected one JSON object a line, but there is more after the first.
          {"text": "a"}]         | not valid JSON near column 14
          {"text": ["a"]}        | expected a text in the field 'text', but found a list; name another field with --text-field.
          {"text": {"b": "a"}}   | but found an object;
          {"text": NaN}          | but found a number;
          {"text": true}         | but found a boolean;
          {}                     | but found no such field, only an empty object;
          {"text": "a", "text": "b"} | the field 'text' is there 2 times, with different texts; leave one.
          """)
  void whatIsNoJsonIsToldInPlainWords(String line, String words) {
    assertThat(problem("a.jsonl", "{\"text\":\"x\"}\n\n" + line + "\n{\"text\":\"y\"}"))
        .startsWith(", line 3: ")
        .contains(words);
  }

  @Test
  void bytesThatAreNoTextAreTold() {
    byte[] latin = "{\"text\": \"café \"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(problem("a.jsonl", latin))
        .isEqualTo(", line 1: expected UTF-8, but byte 13 is not; convert the text.");
    assertThat(problem("a.jsonl", "{\"text\": \"a\0\"}"))
        .startsWith(", line 1: not valid JSON near column 12")
        .contains("a control character (code 0) that is not escaped");
    assertThat(problem("a.jsonl", "\0\0\0\0\0\0")).contains("begins with a byte that is 0");
    assertThat(problem("a.txt", "café".getBytes(StandardCharsets.ISO_8859_1)))
        .isEqualTo(": expected UTF-8, but byte 3 is not; convert the text.");
    assertThat(read("b.txt", "\ufeffa\0b\r\n")).containsExactly("a\0b\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "x-UTF-16LE-BOM"})
  void utf16IsTold(String charset) {
    byte[] bytes = "{\"text\": \"a\"}\n".repeat(3).getBytes(Charset.forName(charset));
    for (String name : List.of("a.jsonl", "a.txt")) {
      assertThat(problem(name, bytes))
          .isEqualTo(
              ": it is UTF-16, and UTF-8 was expected; convert it (iconv -f UTF-16 -t UTF-8).");
    }
  }

  @Test
  void pointersOfGitLfsAreTold() {
    for (String name : List.of("a.jsonl", "a.txt", "a.parquet", "a.jsonl.gz", "a.txt.bz2")) {
      assertThat(problem(name, POINTER))
          .isEqualTo(
              ": it is a Git LFS pointer instead of the file itself; fetch it with 'git lfs pull', or download it again.");
    }
    assertThat(problem("b.txt.gz", TextSamples.gzip(POINTER))).contains("git lfs pull");
  }

  @Test
  void severalMembersAndZerosAreOneFile() throws IOException {
    byte[] one = TextSamples.gzip("{\"text\":\"a\"}\n{\"te");
    byte[] two = TextSamples.gzip("xt\":\"b\"}\n");
    byte[] zeros = new byte[100_000];
    assertThat(read("a.jsonl.gz", TextSamples.concatenate(one, two))).containsExactly("a", "b");
    assertThat(read("b.JSONL.GZ", TextSamples.concatenate(one, two, zeros)))
        .containsExactly("a", "b");
    assertThat(read("c.json.gz", TextSamples.concatenate(one, new byte[512], two, zeros)))
        .containsExactly("a", "b");
    String many =
        String.join(
            "", IntStream.range(0, 3000).mapToObj("{\"text\":\"%d\"}\n"::formatted).toList());
    byte[] members =
        TextSamples.concatenate(
            many.lines().map(line -> TextSamples.gzip(line + "\n")).toArray(byte[][]::new));
    assertThat(read("d.jsonl.gz", members)).hasSize(3000);

    byte[] b1 = bzip2("{\"text\":\"a\"}\n{\"te");
    byte[] b2 = bzip2("xt\":\"b\"}\n");
    assertThat(read("e.jsonl.bz2", TextSamples.concatenate(b1, b2, zeros)))
        .containsExactly("a", "b");
    assertThat(read("f.txt.bz2", b1)).containsExactly("{\"text\":\"a\"}\n{\"te");
  }

  @Test
  void brokenCompressionIsTold() throws IOException {
    String text = "{\"text\":\"a b c d e f g\"}\n".repeat(50);
    byte[] gzip = TextSamples.gzip(text);
    byte[] garbage = TextSamples.concatenate(gzip, "more".getBytes(StandardCharsets.UTF_8));
    assertThat(problem("a.jsonl.gz", garbage)).contains(": there is something else after the end");
    garbage = TextSamples.concatenate(gzip, new byte[600], new byte[] {7});
    assertThat(problem("a.jsonl.gz", garbage)).contains(": there is something else after the end");
    for (int length = 1; length < gzip.length; length++) {
      assertThat(problem("b.jsonl.gz", Arrays.copyOf(gzip, length)))
          .as("%d", length)
          .containsAnyOf("it is cut off", "it is not a gzip file");
    }
    byte[] flipped = gzip.clone();
    flipped[gzip.length - 6] ^= 1;
    assertThat(problem("c.txt.gz", flipped)).contains("broken or cut off");
    byte[] bzip2 = bzip2(text);
    for (int length = 1; length < bzip2.length; length++) {
      assertThat(problem("d.jsonl.bz2", Arrays.copyOf(bzip2, length)))
          .as("%d", length)
          .containsAnyOf("cut off", "it is not a bzip2 file");
    }
    assertThat(problem("e.jsonl.gz", text))
        .isEqualTo(
            ": its name ends in .gz, but it is not a gzip file; give it the name of what it is.");
    assertThat(problem("e.jsonl.gz", "")).contains("not a gzip file; it is empty");
    assertThat(problem("f.jsonl", gzip)).isEqualTo(": it is a gzip file; let its name end in .gz.");
    assertThat(problem("f.txt", bzip2)).contains("it is a bzip2 file");
    assertThat(problem("f.jsonl.gz", TextSamples.gzip("PAR1..."))).contains("it is a Parquet file");
  }

  @Test
  void aFileThatChangesIsTold() {
    Path file = TextSamples.write(folder.resolve("a.jsonl"), "{\"text\":\"a\"}\n");
    TextPart part = TextParts.cut(TextFiles.find(List.of(file.toString()), hadoop), 1 << 20).get(0);
    DocumentReader reader = new DocumentReader(TextShape.field("text"), hadoop);
    TextSamples.write(file, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
    assertThat(catchThrowableOfType(BadTextException.class, () -> reader.read(part, text -> {})))
        .hasMessageContaining("it changed while it was read, from 13 bytes to 26");
    assertThat(file.toFile().delete()).isTrue();
    assertThat(catchThrowableOfType(BadTextException.class, () -> reader.read(part, text -> {})))
        .hasMessageContaining("a task does not find it");
  }

  @Test
  void whatIsNotReadIsNoticed() {
    Path file = TextSamples.write(folder.resolve("a.jsonl"), "{\"text\":\"a\"}\n".repeat(10));
    TextFiles files = TextFiles.find(List.of(file.toString()), hadoop);
    ReadTotals totals = ReadTotals.NONE;
    List<TextPart> parts = TextParts.cut(files, 20);
    for (TextPart part : parts.subList(0, parts.size() - 1)) {
      totals =
          totals.plus(new DocumentReader(TextShape.field("text"), hadoop).read(part, text -> {}));
    }
    ReadTotals few = totals;
    assertThat(catchThrowableOfType(IllegalStateException.class, () -> few.requireAll(files)))
        .hasMessageContaining("not all text was read")
        .hasMessageContaining("1 of 1 files, 117 of 130 bytes");
  }

  @Test
  void aRefusedDocumentIsPlaced() {
    Path file = TextSamples.write(folder.resolve("a.jsonl"), "{\"text\":\"a\"}\n{\"text\":\"b\"}");
    TextPart part = TextParts.cut(TextFiles.find(List.of(file.toString()), hadoop), 99).get(0);
    BadTextException bad =
        catchThrowableOfType(
            BadTextException.class,
            () ->
                new DocumentReader(TextShape.field("text"), hadoop)
                    .read(
                        part,
                        text -> {
                          if (text.equals("b")) {
                            throw new InvalidDataException("no b");
                          }
                        }));
    assertThat(bad.problem().toException(hadoop)).hasMessageEndingWith("a.jsonl, line 2: no b.");
  }

  private static byte[] bzip2(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream stream = new BZip2CompressorOutputStream(bytes)) {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
