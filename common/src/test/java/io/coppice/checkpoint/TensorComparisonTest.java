package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorComparisonTest {
  /** More than one chunk. */
  private static final int ROWS = 700;

  private static final int COLUMNS = 500;

  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @Test
  void valuesOfAnyTypeAreComparedToTheLastRow() {
    ModelOnDisk.single(folder);
    List<TensorSpec> specs =
        List.of(
            TensorSpec.matrix("a", DataType.F32, ROWS, COLUMNS),
            TensorSpec.matrix("changed", DataType.F32, ROWS, COLUMNS),
            TensorSpec.matrix("narrow", DataType.F32, ROWS / 2, COLUMNS * 2),
            TensorSpec.matrix("same", DataType.BF16, ROWS, COLUMNS));
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                RawFile.hadoop(folder.resolve("model.safetensors")), hadoop, specs)) {
      Tensor values = arena.tensor(ROWS, COLUMNS);
      for (int i = 0; i < ROWS; i++) {
        values.set(i, i % COLUMNS, i % 128 - 64);
      }
      for (TensorEntry entry : writer.entries()) {
        values.set(ROWS - 1, COLUMNS - 1, entry.name().equals("changed") ? 1 : 2);
        writer.write(
            entry.name(),
            entry.name().equals("narrow") ? values.reshape(ROWS / 2, COLUMNS * 2) : values);
      }
      writer.commit();
    }
    Checkpoint checkpoint = Checkpoint.open(RawFile.hadoop(folder), hadoop);

    assertThat(TensorComparison.areEqual(checkpoint, "a", "same")).isTrue();
    assertThat(TensorComparison.areEqual(checkpoint, "a", "changed")).isFalse();
    assertThat(TensorComparison.areEqual(checkpoint, "a", "narrow")).isFalse();
  }
}
