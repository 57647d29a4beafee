package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @Test
  void readsEntriesInDataOrderEvenIfTheHeaderHasAnother() {
    Path file =
        RawFile.write(
            folder.resolve("a.safetensors"),
            """
            {"b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},\
            "__metadata__":{"format":"pt"},\
            "a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},\
            "empty":{"dtype":"F16","shape":[0,7],"data_offsets":[32,32]}}   """,
            32);
    try (SafetensorsFile opened = open(file)) {
      long start = Files.size(file) - 32;
      assertThat(opened.entries())
          .containsExactly(
              new TensorEntry(
                  new TensorSpec("a", DataType.I64, List.of()), "a.safetensors", start, start + 8),
              new TensorEntry(
                  new TensorSpec("b", DataType.F32, List.of(2L, 3L)),
                  "a.safetensors",
                  start + 8,
                  start + 32),
              new TensorEntry(
                  new TensorSpec("empty", DataType.F16, List.of(0L, 7L)),
                  "a.safetensors",
                  start + 32,
                  start + 32));
      assertThat(opened.header().metadata()).isEqualTo(Map.of("format", "pt"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void readsRowsOfMatricesAndVectorsAsOneRowAndFoldsHigherShapes() {
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file =
        RawFile.write(
            folder.resolve("a.safetensors"),
            """
            {"matrix":{"dtype":"F32","shape":[2,1,3],"data_offsets":[0,24]},\
            "vector":{"dtype":"F32","shape":[6],"data_offsets":[24,48]}}""",
            RawFile.floats(values));
    try (SafetensorsFile opened = open(file);
        Arena arena = Arena.unbounded("test")) {
      Tensor matrix = arena.tensor(2, 5).columns(1, 3);
      opened.read("matrix", matrix);
      assertThat(matrix.toArray()).containsExactly(0, 1, 2, 3, 4, 5);
      Tensor row = arena.tensor(1, 3);
      opened.readRows("matrix", 1, row);
      assertThat(row.toArray()).containsExactly(3, 4, 5);
      Tensor vector = arena.vector(6);
      opened.read("vector", vector);
      assertThat(vector.toArray()).containsExactly(6, 7, 8, 9, 10, 11);
      assertThatThrownBy(() -> opened.readRows("matrix", 2, row))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> opened.read("matrix", row))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("'matrix'")
          .hasMessageContaining("[2, 1, 3]")
          .hasMessageContaining("1 x 3");
      assertThatThrownBy(() -> opened.read("other", row))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageEndingWith("has no tensor 'other'");
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
  void nanAndInfinityAreRefusedWithTheirPlace(float value) {
    float[] values = new float[12];
    values[7] = value;
    values[9] = value;
    Path file =
        RawFile.write(
            folder.resolve("a.safetensors"),
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[0,48]}}",
            RawFile.floats(values));
    try (SafetensorsFile opened = open(file);
        Arena arena = Arena.unbounded("test")) {
      assertThatThrownBy(() -> opened.read("w", arena.tensor(4, 3)))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("'w'")
          .hasMessageContaining("a.safetensors")
          .hasMessageContaining("row 2, column 1");
      assertThatThrownBy(() -> opened.readRows("w", 3, arena.tensor(1, 3)))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("row 3, column 0");
      Tensor sound = arena.tensor(2, 3);
      opened.readRows("w", 0, sound);
      assertThat(sound.toArray()).containsOnly(0);
    }
  }

  @Test
  void quantisedTensorsAreLegalButNotReadAsFloat() {
    Path file =
        RawFile.write(
            folder.resolve("a.safetensors"),
            "{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[4,2],\"data_offsets\":[0,8]}}",
            8);
    try (SafetensorsFile opened = open(file);
        Arena arena = Arena.unbounded("test")) {
      assertThatThrownBy(() -> opened.read("w", arena.tensor(4, 2)))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("'w'")
          .hasMessageContaining("F8_E4M3");
    }
  }

  static Stream<Arguments> hostileHeaders() {
    String entry = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";
    return Stream.of(
        Arguments.of("[]", 0, "does not start with '{'"),
        Arguments.of(" {}", 0, "does not start with '{'"),
        Arguments.of("", 0, "does not start with '{'"),
        Arguments.of("{}\n", 0, "padding by spaces"),
        Arguments.of("{}\0", 0, "padding by spaces"),
        Arguments.of("{} {}", 0, "more than one JSON value"),
        Arguments.of("{\"a\":{" + entry + "}", 8, "not valid JSON"),
        Arguments.of("{\"a\":{" + entry + "},}", 8, "not valid JSON"),
        Arguments.of("{\"a\":{" + entry + "},\"a\":{" + entry + "}}", 8, "Duplicate field 'a'"),
        Arguments.of("{\"a\":{" + entry + ",\"dtype\":\"F32\"}}", 8, "Duplicate field 'dtype'"),
        Arguments.of("{\"a\":7}", 0, "'a' is not described by an object"),
        Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "lacks"),
        Arguments.of(described("F31", "[2]", "[0,8]"), 8, "unknown dtype 'F31'"),
        Arguments.of(described("f32", "[2]", "[0,8]"), 8, "unknown dtype 'f32'"),
        Arguments.of(described("F32", "2", "[0,8]"), 8, "shape that is not an array"),
        Arguments.of(described("F32", "[2.0]", "[0,8]"), 8, "whole numbers"),
        Arguments.of(described("F32", "[-2]", "[0,8]"), 8, "whole numbers"),
        Arguments.of(described("F32", "[\"2\"]", "[0,8]"), 8, "whole numbers"),
        Arguments.of(described("F32", "[18446744073709551618]", "[0,8]"), 8, "whole numbers"),
        Arguments.of(described("F32", "[2]", "[0,8,8]"), 8, "more than 2 numbers"),
        Arguments.of(described("F32", "[2]", "[0]"), 8, "two data_offsets"),
        Arguments.of(
            described("F32", "[1" + ",1".repeat(64) + "]", "[0,4]"), 4, "more than 64 numbers"),
        Arguments.of(described("F32", "[3]", "[0,8]"), 8, "has 12 bytes as [3] of F32"),
        Arguments.of(described("F32", "[2]", "[8,0]"), 8, "data_offsets 8 to 0"),
        Arguments.of(described("F32", "[4611686018427387904,4]", "[0,0]"), 0, "impossible size"),
        Arguments.of(described("F32", "[4611686018427387904]", "[0,0]"), 0, "impossible size"),
        Arguments.of(described("F4", "[3]", "[0,1]"), 1, "whole number of bytes"),
        Arguments.of(described("F32", "[2]", "[0,8]"), 7, "truncated"),
        Arguments.of(described("F32", "[200]", "[0,800]"), 7, "truncated"),
        Arguments.of(described("F32", "[2]", "[0,8]"), 9, "followed by something else"),
        Arguments.of(described("F32", "[2]", "[1,9]"), 9, "(a gap)"),
        Arguments.of(
            "{\"a\":{" + entry + "},\"b\":{" + entry.replace("[0,8]", "[4,12]") + "}}",
            12,
            "'b' begins at byte 4 of the data, but the tensor before it ends at byte 8"
                + " (an overlap)"),
        Arguments.of("{\"a\":{" + entry + "},\"b\":{" + entry + "}}", 8, "(an overlap)"),
        Arguments.of("{\"__metadata__\":[]}", 0, "__metadata__"),
        Arguments.of("{\"__metadata__\":{\"a\":1}}", 0, "'a' is not a string"),
        Arguments.of("{\"__metadata__\":{\"a\":{}}}", 0, "'a' is not a string"),
        Arguments.of("{\"x\":" + "[".repeat(100_000) + "}", 0, "not described by an object"),
        Arguments.of("{\"x\":{\"more\":" + "[".repeat(100_000) + "}}", 0, "not valid JSON"));
  }

  private static String described(String type, String shape, String offsets) {
    return "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
        .formatted(type, shape, offsets);
  }

  @ParameterizedTest
  @MethodSource("hostileHeaders")
  void hostileHeadersAreRefusedInOneSentence(String header, int dataBytes, String sentence) {
    Path file = RawFile.write(folder.resolve("bad.safetensors"), header, dataBytes);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("bad.safetensors")
        .hasMessageContaining(sentence)
        .satisfies(
            e -> assertThat(e.getMessage()).hasSizeLessThan(600).doesNotContainPattern("\\v"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 62, -1, Long.MIN_VALUE, 100_000_001})
  void impossibleHeaderLengthsAllocateNothing(long length) {
    Path file = RawFile.write(folder.resolve("bad.safetensors"), length, new byte[0], new byte[9]);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(Long.toUnsignedString(length))
        .hasMessageContaining("at most 100000000");
  }

  @Test
  void shortFilesAndFoldersAreRefused() throws IOException {
    Path file = RawFile.write(folder.resolve("bad.safetensors"), 50, new byte[0], new byte[49]);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("50 bytes, but the file has only 57");
    Files.write(file, new byte[7]);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("only 7 bytes long");
    assertThatThrownBy(() -> open(folder)).isInstanceOf(InvalidDataException.class);
    assertThatThrownBy(() -> open(folder.resolve("missing")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("missing does not exist");
  }

  @Test
  void headersThatAreNotUtf8AreRefused() {
    byte[] header = "{\"a?\":{}}".getBytes(StandardCharsets.US_ASCII);
    header[3] = (byte) 0xff;
    Path file =
        RawFile.write(folder.resolve("bad.safetensors"), header.length, header, new byte[0]);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void pointersOfGitLfsAreRecognised() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n");
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("git lfs pull");
  }

  /** As in the reference library. */
  @Test
  void metadataMayBeNull() {
    Path file =
        RawFile.write(
            folder.resolve("null.safetensors"),
            """
            {"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            4);
    try (SafetensorsFile opened = open(file)) {
      assertThat(opened.header().metadata()).isEmpty();
      assertThat(opened.entries()).hasSize(1);
    }
  }

  @Test
  void unknownSchemesAreTheUsersMistake() {
    assertThatThrownBy(
            () -> SafetensorsFile.open(new org.apache.hadoop.fs.Path("nope://host/a"), hadoop))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nope://host/a");
  }

  private SafetensorsFile open(Path file) {
    return SafetensorsFile.open(RawFile.hadoop(file), hadoop);
  }
}
