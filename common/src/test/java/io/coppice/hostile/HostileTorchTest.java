package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TorchWriter;
import io.coppice.checkpoint.WeightsFile;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Six thousand broken PyTorch files: each is refused in a sentence, or read correctly. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileTorchTest {
  private static final int PICKLES = 4000;
  private static final int ARCHIVES = 2000;
  private static final long MOST_BYTES = 64L << 20;

  /** The parts of a state of two small storages, of 0 to 11 and 100 to 105. */
  private static final int FIRST = 12;

  private static final float[] SECOND = {100, 101, 102, 103, 104, 105};

  /** Whole instructions that a pickle of tensors may have, and ones that it may not. */
  private static final byte[][] PARTS = {
    {'N'},
    {'('},
    {'t'},
    {')'},
    {']'},
    {'}'},
    {'R'},
    {'Q'},
    {'b'},
    {'s'},
    {'u'},
    {'a'},
    {'e'},
    {'.'},
    {(byte) 0x85},
    {(byte) 0x86},
    {(byte) 0x87},
    {(byte) 0x88},
    {'h', 0},
    {'h', 1},
    {'h', 7},
    {'h', 12},
    {'q', 1},
    {'q', 3},
    {'K', 0},
    {'K', 3},
    {'K', (byte) 255},
    {'J', -1, -1, -1, -1},
    {'J', -1, -1, -1, 127},
    {(byte) 0x8a, 8, -1, -1, -1, -1, -1, -1, -1, 127},
    {'X', 1, 0, 0, 0, '0'},
    {'X', 1, 0, 0, 0, '1'},
    {'X', -1, -1, -1, -1},
    {'r', -1, -1, -1, -1},
    {'j', 1, 0, 0, 0},
    {(byte) 0x93},
    {(byte) 0x81},
    "ctorch\nDoubleStorage\n".getBytes(StandardCharsets.UTF_8),
    "ctorch\nHalfStorage\n".getBytes(StandardCharsets.UTF_8),
    "ctorch._utils\n_rebuild_parameter\n".getBytes(StandardCharsets.UTF_8),
    "cposix\nsystem\n".getBytes(StandardCharsets.UTF_8)
  };

  private final Configuration hadoop = new Configuration();
  private final Mutations mutations = new Mutations(20260803);
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void configuration() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    file = folder.resolve("pytorch_model.bin");
  }

  /** The storages are sound, so all values that are read come from them. */
  @Test
  void brokenPicklesAreRefusedOrReadRightly() {
    byte[] pickle = sound().statePickle();
    int read = 0;
    for (int i = 0; i < PICKLES; i++) {
      byte[] broken = mutations.below(3) == 0 ? mutations.bytes(pickle) : spliced(pickle);
      sound().pickle(broken).write(file);
      HostileReading<Map<String, float[]>> outcome =
          HostileReading.of(shown(broken), "pytorch_model.bin", MOST_BYTES, this::contents);
      if (outcome.result().isPresent()) {
        outcome
            .result()
            .get()
            .forEach((name, values) -> assertThat(values).as(name).matches(this::isStored));
        read++;
      }
    }
    // Otherwise the mutations would not get past the first check, or do nothing.
    assertThat(read).isBetween(PICKLES / 100, PICKLES / 2);
  }

  @Test
  void brokenArchivesAreRefusedOrRead() throws IOException {
    byte[] whole = Files.readAllBytes(sound().write(file));
    int read = 0;
    for (int i = 0; i < ARCHIVES; i++) {
      byte[] broken = mutations.below(2) == 0 ? mutations.bytes(whole) : atStructures(whole);
      Files.write(file, broken);
      HostileReading<Map<String, float[]>> outcome =
          HostileReading.of(shown(broken), "pytorch_model.bin", MOST_BYTES, this::contents);
      read += outcome.result().isPresent() ? 1 : 0;
    }
    assertThat(read).isBetween(ARCHIVES / 100, ARCHIVES * 3 / 4);
  }

  private static TorchWriter sound() {
    return new TorchWriter()
        .range(FIRST)
        .tensor("layers.0.weight", 3, 4)
        .view("layers.1.weight", 0, new long[] {4, 3}, new long[] {1, 4})
        .parameter("tied", 3, 4)
        .floats(SECOND)
        .view("bias", 2, new long[] {3}, new long[] {1});
  }

  private Map<String, float[]> contents() {
    Checkpoint checkpoint =
        Checkpoint.open(new org.apache.hadoop.fs.Path(folder.toString()), hadoop);
    Map<String, float[]> contents = new LinkedHashMap<>();
    try (WeightsFile opened = checkpoint.openShard("model.safetensors");
        Arena arena = Arena.unbounded("test")) {
      for (TensorEntry entry : opened.entries()) {
        if (entry.type().isFloat32Convertible() && entry.size() > 0) {
          Tensor tensor = arena.tensor((int) entry.rows(), (int) entry.columns());
          opened.read(entry.name(), tensor);
          contents.put(entry.name(), tensor.toArray());
        }
      }
    }
    return contents;
  }

  private boolean isStored(float[] values) {
    for (float value : values) {
      boolean whole = value == (int) value && value >= 0;
      if (!whole || value >= FIRST && (value < SECOND[0] || value > SECOND[SECOND.length - 1])) {
        return false;
      }
    }
    return values.length <= FIRST;
  }

  /** Inserts, doubles, removes or replaces parts of the pickle at one to three places. */
  private byte[] spliced(byte[] pickle) {
    byte[] bytes = pickle;
    for (int i = 0; i <= mutations.below(3); i++) {
      byte[] part = PARTS[mutations.below(PARTS.length)];
      int at = mutations.below(bytes.length);
      int removed =
          mutations.below(2) == 0 ? 0 : Math.min(bytes.length - at, 1 + mutations.below(4));
      byte[] all = new byte[bytes.length + part.length - removed];
      System.arraycopy(bytes, 0, all, 0, at);
      System.arraycopy(part, 0, all, at, part.length);
      System.arraycopy(bytes, at + removed, all, at + part.length, bytes.length - at - removed);
      bytes = all;
    }
    return bytes;
  }

  /** Changes numbers in the records of a zip archive: lengths, positions, methods, counts. */
  private byte[] atStructures(byte[] whole) {
    byte[] bytes = whole.clone();
    for (int i = 0; i <= mutations.below(3); i++) {
      int record = record(bytes, mutations.below(bytes.length));
      int at = Math.min(bytes.length - 4, record + 4 + mutations.below(44));
      int[] odd = {0, 1, 8, 255, 65535, bytes.length, bytes.length - 22, -1, Integer.MAX_VALUE};
      int number = odd[mutations.below(odd.length)];
      int length = mutations.below(2) == 0 ? 2 : 4;
      for (int j = 0; j < length; j++) {
        bytes[at + j] = (byte) (number >> 8 * j);
      }
    }
    return bytes;
  }

  /** The beginning of the first record at or after a position, or of the last one of all. */
  private static int record(byte[] bytes, int position) {
    for (int i = position; i < bytes.length - 4; i++) {
      if (bytes[i] == 'P' && bytes[i + 1] == 'K') {
        return i;
      }
    }
    return bytes.length - 22;
  }

  private static String shown(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return text.substring(0, Math.min(600, text.length()));
  }
}
