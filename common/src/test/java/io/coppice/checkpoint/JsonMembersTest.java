package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonMembersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          { "x": 1, "a": 2 }                              | { "a": 2 }
          {"a": 2,  "x": {"x": 1, "b": [1, "}"]}, "c":3}  | {"a": 2,  "c":3}
          {"a": 1e-05 ,"x" : "é\\" }" }                   | {"a": 1e-05 }
          {"é": NaN, "x": 12}                             | {"é": NaN}
          {"x": null}                                     | {}
          {"x": [1], "a": true, "x": -1.50}               | {"a": true}
          {"x": 1, "y": 2, "a": 3.0, "y": 4}              | {"a": 3.0}
          {"a": {"x": 1}, "b": [{"y": 2}]}                | {"a": {"x": 1}, "b": [{"y": 2}]}
          """)
  void allElseStaysToTheByte(String json, String expected) throws IOException {
    assertThat(without(json)).isEqualTo(expected);
  }

  @Test
  void linesStayAsTheyWere() throws IOException {
    assertThat(without("{\r\n\t\"a\": 1,\r\n\t\"x\": 2,\r\n\t\"b\": 3\r\n}\n"))
        .isEqualTo("{\r\n\t\"a\": 1,\r\n\t\"b\": 3\r\n}\n");
  }

  @Test
  void textThatIsNotUtf8IsNotGuessedAt() {
    byte[] json = "{\"x\": 1, \"a\": 2}".getBytes(StandardCharsets.UTF_16BE);
    assertThatThrownBy(() -> JsonMembers.without(Set.of("x"), json))
        .isInstanceOf(IOException.class);
  }

  private static String without(String json) throws IOException {
    return new String(
        JsonMembers.without(Set.of("x", "y"), json.getBytes(StandardCharsets.UTF_8)),
        StandardCharsets.UTF_8);
  }
}
