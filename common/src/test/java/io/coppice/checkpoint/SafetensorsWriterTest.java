package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @Test
  void writesTheReferenceWritersBytes() throws IOException {
    Path file = folder.resolve("sub/a.safetensors");
    List<TensorSpec> specs =
        List.of(
            TensorSpec.vector("a", DataType.F16, 1),
            TensorSpec.matrix("z", DataType.F32, 1, 1),
            TensorSpec.vector("é", DataType.F32, 1),
            TensorSpec.vector("b", DataType.BF16, 1));
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer = SafetensorsWriter.create(RawFile.hadoop(file), hadoop, specs)) {
      assertThat(writer.entries())
          .extracting(TensorEntry::name)
          .containsExactly("z", "é", "b", "a");
      Tensor one = arena.tensor(1, 1);
      one.set(0, 0, 1);
      for (TensorEntry entry : writer.entries()) {
        writer.write(entry.name(), one);
      }
      assertThat(file).doesNotExist();
      writer.commit();
    }
    String header =
        """
        {"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},\
        "é":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},\
        "b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},\
        "a":{"dtype":"F16","shape":[1],"data_offsets":[10,12]}}""";
    int bytes = header.getBytes(StandardCharsets.UTF_8).length;
    String padded = header + " ".repeat((8 - bytes % 8) % 8);
    byte[] data = {0, 0, (byte) 0x80, 0x3f, 0, 0, (byte) 0x80, 0x3f, (byte) 0x80, 0x3f, 0, 0x3c};
    Path expected = RawFile.write(folder.resolve("expected"), padded, data);
    assertThat(file).hasSameBinaryContentAs(expected);
    assertThat(filesIn(file.getParent())).containsExactly("a.safetensors");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void valuesSurviveInTensorsOfManyChunksWrittenInPieces(DataType type) {
    int rows = 701;
    int columns = 1001;
    Path file = folder.resolve("a.safetensors");
    try (Arena arena = Arena.unbounded("test")) {
      Tensor written = arena.tensor(rows, columns + 3).columns(2, columns);
      Random random = new Random(5);
      float[] row = new float[columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          // Seven bits of mantissa, which every type holds.
          row[j] = (random.nextInt(255) - 127) / 16f;
        }
        written.writeRow(i, row);
      }
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(
              RawFile.hadoop(file),
              hadoop,
              List.of(
                  TensorSpec.matrix("empty", type, 0, 4),
                  TensorSpec.matrix("w", type, rows, columns)))) {
        writer.write("w", written.rows(0, 300));
        writer.write("w", written.rows(300, 400));
        assertThatThrownBy(writer::commit).isInstanceOf(IllegalStateException.class);
        writer.write("w", written.rows(700, 1));
        writer.commit();
      }
      Tensor read = arena.tensor(rows, columns);
      try (SafetensorsFile opened = SafetensorsFile.open(RawFile.hadoop(file), hadoop)) {
        opened.read("w", read);
        assertThat(read.toArray()).isEqualTo(written.toArray());
        Tensor some = arena.tensor(5, columns);
        opened.readRows("w", 690, some);
        assertThat(some.toArray()).isEqualTo(written.rows(690, 5).toArray());
      }
    }
  }

  @Test
  void valuesThatTheTypeCannotHoldAreRefusedByNameAndLeaveNothing() {
    record Case(DataType type, float value, String sentence) {}
    List<Case> cases =
        List.of(
            new Case(DataType.F16, 65520, "65520.0, which F16 cannot hold at row 1, column 2"),
            new Case(DataType.BF16, Float.MAX_VALUE, "which BF16 cannot hold at row 1, column 2"),
            new Case(DataType.F32, Float.NaN, "NaN at row 1, column 2"),
            new Case(DataType.F16, Float.NaN, "NaN at row 1, column 2"),
            new Case(DataType.BF16, Float.POSITIVE_INFINITY, "an infinite value at row 1"));
    for (Case bad : cases) {
      try (Arena arena = Arena.unbounded("test")) {
        Tensor values = arena.tensor(2, 3);
        values.set(1, 2, bad.value());
        assertThatThrownBy(
                () -> {
                  try (SafetensorsWriter writer =
                      SafetensorsWriter.create(
                          RawFile.hadoop(folder.resolve("a.safetensors")),
                          hadoop,
                          List.of(TensorSpec.matrix("w", bad.type(), 2, 3)))) {
                    writer.write("w", values);
                    writer.commit();
                  }
                })
            .isInstanceOf(InvalidDataException.class)
            .hasMessageContaining("'w'")
            .hasMessageContaining(bad.sentence());
        assertThat(filesIn(folder)).isEmpty();
      }
    }
  }

  @Test
  void aSecondWriterReplacesTheFileButNeverAFolder() throws IOException {
    Path file = folder.resolve("a.safetensors");
    Files.writeString(file, "old");
    writeNothing(file);
    try (SafetensorsFile opened = SafetensorsFile.open(RawFile.hadoop(file), hadoop)) {
      assertThat(opened.entries()).isEmpty();
    }
    Path other = Files.createDirectory(folder.resolve("b.safetensors"));
    assertThatThrownBy(() -> writeNothing(other))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("b.safetensors exists already");
    assertThat(filesIn(other)).isEmpty();
    assertThat(filesIn(folder)).containsExactlyInAnyOrder("a.safetensors", "b.safetensors");
  }

  @Test
  void tensorsAreTakenInOrderAndInTheirShapeOnly() {
    List<TensorSpec> specs =
        List.of(
            TensorSpec.matrix("a", DataType.F32, 2, 3), TensorSpec.matrix("b", DataType.F32, 2, 3));
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                RawFile.hadoop(folder.resolve("a.safetensors")), hadoop, specs, Map.of())) {
      Tensor values = arena.tensor(2, 3);
      assertThatThrownBy(() -> writer.write("b", values))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'a' is due");
      assertThatThrownBy(() -> writer.write("a", arena.tensor(3, 3)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> writer.write("a", arena.tensor(2, 2)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () ->
                SafetensorsWriter.create(
                    RawFile.hadoop(folder.resolve("x")),
                    hadoop,
                    List.of(specs.get(0), specs.get(0))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void writeNothing(Path file) {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(RawFile.hadoop(file), hadoop, List.of())) {
      writer.commit();
    }
  }

  private static List<String> filesIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
