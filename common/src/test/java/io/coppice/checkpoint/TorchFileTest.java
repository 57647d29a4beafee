package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads sound files of the kind pytorch_model.bin. */
class TorchFileTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @BeforeEach
  void configuration() {
    ModelOnDisk.text(folder, "config.json", "{}");
  }

  @Test
  void everyTypeIsKeptInTheOrderOfTheFileLargerElementsFirst() {
    TorchWriter torch =
        new TorchWriter()
            .shorts("HalfStorage", 0x3c00, 0xc000, 0x3555, 0, 0x8000, 0x7bff)
            .tensor("layers.10.half", 2, 3)
            .shorts("BFloat16Storage", 0x3f80, 0xbf80)
            .parameter("layers.2.brain", 2)
            .longs(Long.MIN_VALUE, -1, 513)
            .tensor("position_ids", 1, 3)
            .storage("BoolStorage", 3, new byte[] {1, 0, 1})
            .tensor("mask", 3)
            .floats(42)
            .tensor("scalar")
            .floats()
            .tensor("empty", 0, 5)
            .storage("ByteStorage", 1, new byte[] {-2})
            .tensor("byte", 1);
    try (WeightsFile file = open(torch)) {
      assertThat(file.entries())
          .extracting(TensorEntry::name)
          .containsExactly(
              "position_ids",
              "scalar",
              "empty",
              "layers.10.half",
              "layers.2.brain",
              "mask",
              "byte");
      assertThat(file.entry("position_ids").type()).isEqualTo(DataType.I64);
      assertThat(file.entry("position_ids").shape()).containsExactly(1L, 3L);
      assertThat(file.entry("scalar").shape()).isEmpty();
      assertThat(file.entry("empty").shape()).containsExactly(0L, 5L);
      assertThat(ByteBuffer.wrap(bytes(file, "position_ids")).order(ByteOrder.LITTLE_ENDIAN))
          .extracting(buffer -> buffer.getLong(0), buffer -> buffer.getLong(16))
          .containsExactly(Long.MIN_VALUE, 513L);
      assertThat(bytes(file, "mask")).containsExactly(1, 0, 1);
      assertThat(bytes(file, "byte")).containsExactly(-2);
      assertThat(bytes(file, "empty")).isEmpty();
      assertThat(values(file, "layers.10.half"))
          .containsExactly(1, -2, 0.33325195f, 0, -0.0f, 65504);
      assertThat(values(file, "layers.2.brain")).containsExactly(1, -1);
      assertThat(values(file, "scalar")).containsExactly(42);
    }
  }

  @Test
  void viewsAreReadAsTheTensorsThatTheyAre() {
    TorchWriter torch =
        new TorchWriter()
            .range(24)
            .view("slice", 7, longs(2, 3), longs(3, 1))
            .view("transposed", 0, longs(4, 6), longs(1, 4))
            .view("columns", 2, longs(4, 2), longs(6, 1))
            .view("everySecond", 1, longs(12), longs(2))
            .view("swapped", 0, longs(3, 2, 4), longs(4, 12, 1))
            .view("strideOfOneRow", 5, longs(1, 3), longs(77, 1))
            .view("repeated", 9, longs(2, 2), longs(0, 0));
    try (WeightsFile file = open(torch)) {
      assertThat(values(file, "slice")).containsExactly(7, 8, 9, 10, 11, 12);
      assertThat(values(file, "transposed"))
          .startsWith(0, 4, 8, 12, 16, 20, 1, 5)
          .endsWith(3, 7, 11, 15, 19, 23);
      assertThat(values(file, "columns")).containsExactly(2, 3, 8, 9, 14, 15, 20, 21);
      assertThat(values(file, "everySecond")).startsWith(1, 3, 5).endsWith(21, 23);
      assertThat(values(file, "swapped"))
          .startsWith(0, 1, 2, 3, 12, 13, 14, 15, 4, 5)
          .endsWith(20, 21, 22, 23);
      assertThat(values(file, "strideOfOneRow")).containsExactly(5, 6, 7);
      assertThat(values(file, "repeated")).containsExactly(9, 9, 9, 9);
      try (Arena arena = Arena.unbounded("test")) {
        Tensor rows = arena.tensor(2, 6);
        file.readRows("transposed", 1, rows);
        assertThat(rows.toArray()).containsExactly(1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22);
      }
    }
  }

  /** More than one band, at whose limits the reads do not end. */
  @Test
  void longTransposedTensorsAreReadByBands() {
    int rows = 3000;
    int columns = 1999;
    TorchWriter torch =
        new TorchWriter().range(rows * columns).view("w", 0, longs(rows, columns), longs(1, rows));
    try (WeightsFile file = open(torch);
        Arena arena = Arena.unbounded("test")) {
      Tensor whole = arena.tensor(rows, columns);
      file.read("w", whole);
      Tensor last = arena.tensor(1, columns);
      file.readRows("w", rows - 1, last);
      file.readRows("w", 7, last);
      float[] row = new float[columns];
      for (int i = 0; i < rows; i++) {
        whole.readRow(i, row);
        for (int j = 0; j < columns; j++) {
          if (row[j] != i + j * rows) {
            throw new AssertionError("row %d, column %d: %s".formatted(i, j, row[j]));
          }
        }
      }
      last.readRow(0, row);
      assertThat(row[1]).isEqualTo(rows + 7);
    }
  }

  @Test
  void tiedTensorsAreBothThere() {
    TorchWriter torch =
        new TorchWriter()
            .range(6)
            .tensor("model.decoder.embed_tokens.weight", 3, 2)
            .tensor("lm_head.weight", 3, 2);
    try (WeightsFile file = open(torch)) {
      assertThat(values(file, "lm_head.weight"))
          .isEqualTo(values(file, "model.decoder.embed_tokens.weight"))
          .containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.entry("lm_head.weight").begin())
          .isEqualTo(file.entry("model.decoder.embed_tokens.weight").end());
    }
  }

  @Test
  void plainDictionariesWithoutModuleVersionsAreRead() {
    PickleWriter pickle = new PickleWriter().raw('}').put().text("w");
    pickle.global("torch._utils", "_rebuild_tensor_v2").raw('(');
    // One more argument since PyTorch 2.1, and another device.
    pickle.raw('(').text("storage").global("torch", "FloatStorage").text("0").text("cuda:1");
    pickle.whole(2).raw('t', 'Q').whole(0).tuple(2).tuple(1).raw(0x88).emptyOrderedDict();
    pickle.raw('}', 't', 'R', 's');
    try (WeightsFile file = open(new TorchWriter().range(2).pickle(pickle.finished()))) {
      assertThat(values(file, "w")).containsExactly(0, 1);
    }
  }

  @Test
  void manyTensorsLargeNumbersAndLongArchivesAreRead() {
    TorchWriter torch = new TorchWriter().archive("pytorch_model").zip64().range(70_000);
    for (int i = 0; i < 2000; i++) {
      torch.view("layers." + i, 65_536 + i, longs(2), longs(1));
    }
    torch.entry("byteorder", "little").entry(".data/serialization_id", "0123");
    try (WeightsFile file = open(torch)) {
      assertThat(file.entries()).hasSize(2000);
      assertThat(file.entries().get(1999).name()).isEqualTo("layers.1999");
      assertThat(values(file, "layers.1999")).containsExactly(67_535, 67_536);
    }
  }

  private WeightsFile open(TorchWriter torch) {
    torch.write(folder.resolve("pytorch_model.bin"));
    Checkpoint checkpoint = Checkpoint.open(RawFile.hadoop(folder), hadoop);
    assertThat(checkpoint.isSharded()).isFalse();
    return ModelOnDisk.sent(checkpoint).using(hadoop).openShard("model.safetensors");
  }

  private static float[] values(WeightsFile file, String name) {
    TensorEntry entry = file.entry(name);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor((int) entry.rows(), (int) entry.columns());
      file.read(name, tensor);
      return tensor.toArray();
    }
  }

  private static byte[] bytes(WeightsFile file, String name) {
    byte[] bytes = new byte[(int) file.entry(name).bytes()];
    file.readBytes(file.entry(name), 0, bytes, bytes.length);
    return bytes;
  }

  private static long[] longs(long... numbers) {
    return numbers;
  }
}
