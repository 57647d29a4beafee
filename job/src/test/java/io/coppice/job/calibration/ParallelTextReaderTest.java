package io.coppice.job.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.session.SparkSessions;
import io.coppice.job.text.TextCount;
import io.coppice.job.text.TextSamples;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParallelTextReaderTest {
  private static final WindowRequest REQUEST =
      new WindowRequest(6, 2, 12, 7, WindowRequest.Cut.ANYWHERE);

  private static final String LARGEST_PART = "mapreduce.input.fileinputformat.split.maxsize";

  private static SparkSession spark;
  private static List<String> documents;

  @TempDir private Path folder;

  /** Id 1, then one id a character. */
  private record CharacterEncoder() implements EncoderSource.OpenEncoder {
    @Override
    public int[] encode(String text) {
      if (text.contains("☠")) {
        throw new InvalidDataException("the token id 9760 is not in the vocabulary");
      }
      return IntStream.concat(IntStream.of(1), text.chars()).toArray();
    }

    @Override
    public void close() {}
  }

  @BeforeAll
  static void start() {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    spark = SparkSessions.start("text");
    Random random = new Random(3);
    documents =
        IntStream.range(0, 50)
            .mapToObj(i -> ("Nº " + i + " \"“x”\"\n").repeat(1 + random.nextInt(4)))
            .toList();
  }

  private ParallelTextReader reader() {
    return new ParallelTextReader(spark, "text");
  }

  private List<String> texts(Path location) {
    return reader().documents(location.toString()).texts();
  }

  private CalibrationWindows windows(Path... locations) {
    List<String> texts = Arrays.stream(locations).map(Path::toString).toList();
    return reader().windows(texts, REQUEST, CharacterEncoder::new).windows();
  }

  private static CalibrationWindows expected() {
    WindowSample sample = new WindowSample(REQUEST);
    documents.forEach(document -> sample.add(document, new CharacterEncoder()));
    return sample.windows("text");
  }

  private static String json(String text) {
    return "{\"id\": 1, \"text\": \"" + text.replace("\"", "\\\"").replace("\n", "\\n") + "\"}";
  }

  private static String lines(List<String> texts) {
    return String.join("\n", texts.stream().map(ParallelTextReaderTest::json).toList());
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    try (OutputStream raw = Files.newOutputStream(file);
        OutputStream output = name.endsWith(".gz") ? new GZIPOutputStream(raw) : raw) {
      output.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }

  @AfterAll
  static void stop() {
    SparkSessions.stop();
    System.clearProperty("spark.master");
    System.clearProperty("spark.ui.enabled");
  }

  @Test
  void everyFormatAndLayoutGivesTheSameWindows() throws IOException {
    CalibrationWindows expected = expected();
    assertThat(windows(write("a.jsonl", lines(documents)))).isEqualTo(expected);
    assertThat(windows(write("b.json.gz", lines(documents) + "\n\n"))).isEqualTo(expected);

    for (int i = 0; i < documents.size(); i++) {
      write("plain/%d/%d.txt%s".formatted(i % 3, i, i % 2 == 0 ? "" : ".gz"), documents.get(i));
    }
    write("plain/_SUCCESS", "");
    write("plain/README.md", "not a text");
    write("plain/empty.txt", "");
    assertThat(windows(folder.resolve("plain"))).isEqualTo(expected);

    TextSamples.parquet(folder.resolve("p/a.parquet"), documents.subList(0, 30));
    TextSamples.parquet(folder.resolve("p/b/c.parquet"), documents.subList(30, documents.size()));
    assertThat(windows(folder.resolve("p"))).isEqualTo(expected);

    // Parts of the text in different formats, one of them by a glob with an odd name.
    write("mix {1}/x[1] a.jsonl", lines(documents.subList(0, 10)));
    write("mix {1}/y.ndjson.gz", lines(documents.subList(10, 40)));
    for (int i = 40; i < documents.size(); i++) {
      write("mix {1}/" + i + ".txt", documents.get(i));
    }
    assertThat(windows(folder.resolve("mix {1}"))).isEqualTo(expected);
    assertThat(windows(folder.resolve("mi* *1?"))).isEqualTo(expected);
  }

  @Test
  void splitFilesGiveTheSameWindows() throws IOException {
    Path file = write("a.jsonl", lines(documents));
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    for (int largest : new int[] {300, 5000}) {
      hadoop.setInt(LARGEST_PART, largest);
      try {
        assertThat(windows(file)).isEqualTo(expected());
        assertThat(texts(file)).isEqualTo(documents);
      } finally {
        hadoop.unset(LARGEST_PART);
      }
    }
    hadoop.setInt(LARGEST_PART, 400);
    try {
      Files.writeString(
          file, lines(documents.subList(0, 45)) + "\n{\"txt\": 1}\n" + json("x") + "\nbad");
      assertThatThrownBy(() -> windows(file))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("a.jsonl, line 46: ");
    } finally {
      hadoop.unset(LARGEST_PART);
    }
  }

  @Test
  void documentsComeInTheOrderOfPathsAndRecords() throws IOException {
    write("d/b.jsonl", lines(List.of("3", "", "4")));
    write("d/a.txt", "\ufeff1\n2\n");
    write("d/c.json.gz", lines(List.of("5", "\\ud83d\\ude00 \\ud83d!")));
    ParallelTextReader.Documents read = reader().documents(folder.resolve("d").toString());
    assertThat(read.texts()).containsExactly("1\n2\n", "3", "", "4", "5", "😀 \ufffd!");
    assertThat(read.read()).isEqualTo(new TextCount(3, 6));
  }

  @Test
  void theFieldHasTheNameThatTheUserSays() throws IOException {
    Path file = write("a.jsonl", "{\"content\": \"hello\", \"text\": 3}");
    assertThat(new ParallelTextReader(spark, "content").documents(file.toString()).texts())
        .containsExactly("hello");
    assertThatThrownBy(() -> reader().documents(file.toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageMatching(
            "Bad text in .*a.jsonl, line 1: expected a text in the field 'text', but found a number;"
                + " name another field with --text-field\\.");
  }

  @Test
  void badRecordsAreReportedWithTheirLine() throws IOException {
    String good = lines(documents);
    assertBad(
        write("a.jsonl.gz", good + "\n{\"text\": null}"), "a.jsonl.gz, line 51: .*found null.*");
    assertBad(write("b.jsonl", good + "\n\n{\"title\": \"x\"}"), "b.jsonl, line 52: .*no such.*");
    assertBad(write("c.jsonl", "[1, 2]\n" + good), "c.jsonl, line 1: .*one JSON object a line.*");
    assertBad(
        write("d.jsonl", good + "\n{\"text\": \"x"),
        "d.jsonl, line 51: not valid JSON: the line ends.*");
    assertBad(
        write("e.jsonl", "{\"text\": \"x\"} {\"text\": \"y\"}"),
        "e.jsonl, line 1: .*one JSON object a line.*");
    assertBad(
        write("f.jsonl", json("☠ a long text")),
        "f.jsonl, line 1: the token id 9760 is not in the vocabulary.*");
    Path latin = folder.resolve("g.txt");
    Files.write(latin, "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertBad(latin, "g.txt: expected UTF-8, but byte 3 is not.*");
    Path line = folder.resolve("h.jsonl");
    Files.write(line, "{\"text\": \"caf\u00e9 \"}".getBytes(StandardCharsets.ISO_8859_1));
    assertBad(line, "h.jsonl, line 1: .*");
  }

  @Test
  void brokenFilesAreReported() throws IOException {
    Path whole = write("whole.jsonl.gz", lines(documents));
    byte[] bytes = Files.readAllBytes(whole);
    Files.write(whole, Arrays.copyOf(bytes, bytes.length / 2));
    assertBad(whole, "whole.jsonl.gz(, line \\d+)?: it is cut off: .*");
    assertThatThrownBy(() -> reader().documents(whole.toString()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("whole.jsonl.gz: it is cut off: ");
    Path fake = folder.resolve("fake.txt.gz");
    Files.writeString(fake, "not compressed");
    assertBad(fake, "fake.txt.gz: its name ends in .gz, but it is not a gzip file.*");
    Path parquet = folder.resolve("fake.parquet");
    Files.writeString(parquet, "not Parquet at all");
    assertThatThrownBy(() -> windows(parquet))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("fake.parquet")
        .hasMessageContaining("it is not a Parquet file");
  }

  @Test
  void wrongLocationsAreTheUsersMistake() throws IOException {
    write("d/README.md", "x");
    List<String> wrong =
        List.of("nowhere.jsonl", "no*.jsonl", "d", "d/README.md", "s9://bucket/x.txt");
    for (String location : wrong) {
      String text = location.contains(":") ? location : folder.resolve(location).toString();
      assertThatThrownBy(() -> reader().documents(text))
          .as(location)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(text);
    }
  }

  @Test
  void tooLittleTextIsReported() throws IOException {
    Path empty = write("empty.jsonl", "");
    assertThatThrownBy(() -> windows(empty))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no text in")
        .hasMessageContaining("empty.jsonl");
    List<String> few = new ArrayList<>(documents.subList(0, 7));
    few.add("short");
    Path file = write("few.jsonl", lines(few));
    assertThatThrownBy(() -> windows(file, file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("8 windows of 12 tokens")
        .hasMessageContaining("of the 8 documents")
        .hasMessageContaining("--pack");
  }

  private void assertBad(Path file, String pattern) {
    assertThatThrownBy(() -> windows(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageMatching("(?s)Bad text in .*" + pattern);
  }
}
