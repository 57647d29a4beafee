package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The names of the patterns of a tensor's zeros. */
class TensorInspectionTest {
  private static final int ROWS = 40;
  private static final int COLUMNS = 96;

  @TempDir private java.nio.file.Path folder;

  @ParameterizedTest
  @CsvSource({
    "2, 4, 2:4 4:8",
    "4, 8, 4:8",
    "1, 4, 1:4 2:4 4:8",
    "3, 4, 3:4",
    "5, 8, 5:8",
    "8, 16, 8:16",
    "2, 3, 2:3",
    "7, 32, 7:32",
    "4, 4, ''"
  })
  void everyGroupIsLookedAt(int kept, int group, String patterns) {
    float[] values = grouped(kept, group);
    TensorInspection exact = inspect(values);
    assertThat(exact.patterns()).isEqualTo(words(patterns));
    assertThat(exact.zeros()).isEqualTo((long) values.length * (group - kept) / group);

    // One weight too many, in the last group of the last row.
    for (int i = values.length - group; i < values.length; i++) {
      values[i] = 1;
    }
    assertThat(inspect(values).patterns()).doesNotContain(kept + ":" + group);
  }

  @Test
  void aFewMoreZerosDoNotHideThePattern() {
    float[] values = grouped(2, 4);
    for (int row = 0; row < ROWS; row++) {
      values[row * COLUMNS + 17] = -0f;
    }
    assertThat(inspect(values).patterns()).containsExactly("2:4", "4:8");
  }

  @Test
  void zerosAtRandomHaveNoPattern() {
    Random random = new Random(3);
    float[] values = new float[ROWS * COLUMNS];
    for (double sparsity : new double[] {0, 0.25, 0.5, 0.75}) {
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextDouble() < sparsity ? 0 : 1;
      }
      assertThat(inspect(values).patterns()).as("%s", sparsity).isEmpty();
    }
  }

  @Test
  void anEmptyLayerKeepsThePatternsThatKernelsAskFor() {
    TensorInspection empty = inspect(new float[ROWS * COLUMNS]);
    assertThat(empty.sparsity()).isEqualTo(1);
    assertThat(empty.patterns()).containsExactly("2:4", "4:8");
  }

  /** {@code kept} non-zero elements at random places of every group. */
  private static float[] grouped(int kept, int group) {
    Random random = new Random(group);
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length / group; i++) {
      int first = i * group;
      random.ints(0, group).distinct().limit(kept).forEach(j -> values[first + j] = -0.5f);
    }
    return values;
  }

  private TensorInspection inspect(float[] values) {
    Path path = new Path(folder.resolve("tensor.safetensors").toUri());
    Configuration hadoop = new Configuration();
    TensorSpec spec = TensorSpec.matrix("w", DataType.F32, ROWS, COLUMNS);
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer = SafetensorsWriter.create(path, hadoop, List.of(spec))) {
      Tensor tensor = arena.tensor(ROWS, COLUMNS);
      tensor.fill(values);
      writer.write("w", tensor);
      writer.commit();
    }
    try (SafetensorsFile file = SafetensorsFile.open(path, hadoop)) {
      return TensorInspection.of(file, file.entries().get(0));
    }
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" "));
  }
}
