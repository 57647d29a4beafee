package io.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFileTest {
  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("record.json");
  }

  record Measured(String name, List<Double> values, long count) {}

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }

  @Test
  void aRecordComesBackBitForBit() {
    Measured measured =
        new Measured(
            "é",
            List.of(0.1 + 0.2, Double.MIN_VALUE, -0.0, Double.NaN, Double.NEGATIVE_INFINITY),
            Long.MAX_VALUE);

    JsonFile.write(path(), measured, hadoop);

    assertThat(JsonFile.read(path(), Measured.class, hadoop)).contains(measured);
  }

  @Test
  void aFileThatIsNotThereIsNoRecord() {
    assertThat(JsonFile.read(path(), Measured.class, hadoop)).isEmpty();
    assertThat(JsonFile.readTree(path(), hadoop)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{\"name\":\"a\",\"values\":[1",
        "{\"name\":\"a\",\"values\":[],\"count\":1}}",
        "{\"name\":\"a\",\"values\":[],\"count\":1,\"added\":2}",
        "{\"name\":\"a\",\"values\":\"none\",\"count\":1}"
      })
  void whatIsNotWholeOrOfAnotherVersionIsNoRecord(String content) throws IOException {
    Files.writeString(file, content);

    assertThat(JsonFile.read(path(), Measured.class, hadoop)).isEmpty();
  }

  @Test
  void whatIsNestedTooDeepIsNotRead() throws IOException {
    Files.writeString(file, "[".repeat(2000) + "]".repeat(2000));

    assertThat(JsonFile.readTree(path(), hadoop)).isEmpty();
  }

  @Test
  void whatIsTooLongIsNotRead() throws IOException {
    byte[] blanks = new byte[(64 << 20) + 1];
    Arrays.fill(blanks, (byte) ' ');
    blanks[0] = '1';
    Files.write(file, blanks);

    assertThat(JsonFile.readTree(path(), hadoop)).isEmpty();
  }

  @Test
  void anObjectIsWrittenForPeople() throws IOException {
    ObjectNode object = Json.object();
    Json.putFinite(object, "error", 0.25);
    Json.putFinite(object, "perplexity", Double.NaN);
    Json.putFinite(object, "ratio", Double.POSITIVE_INFINITY);

    JsonFile.write(path(), object, hadoop);

    assertThat(file)
        .content()
        .isEqualTo("{\n  \"error\" : 0.25,\n  \"perplexity\" : null,\n  \"ratio\" : null\n}\n");
    assertThat(JsonFile.readTree(path(), hadoop)).contains(object);
  }
}
