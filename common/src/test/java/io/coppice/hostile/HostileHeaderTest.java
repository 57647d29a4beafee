package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Four thousand broken safetensors files: each is refused in a sentence, or read correctly. */
class HostileHeaderTest {
  private static final int INPUTS = 4000;
  private static final long MOST_BYTES = 32L << 20;
  private static final int DATA_BYTES = 60;
  private static final String HEADER =
      """
      {"__metadata__":{"format":"pt"},\
      "a":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]},\
      "b":{"dtype":"F32","shape":[5],"data_offsets":[24,44]},\
      "c":{"dtype":"I64","shape":[2,1],"data_offsets":[44,60]},\
      "d":{"dtype":"F16","shape":[0,7],"data_offsets":[60,60]}}   """;
  // Around 0, the true length, the limits of int, long and the format, and "version " of Git LFS.
  private static final long[] LENGTHS = {
    -1,
    0,
    1,
    2,
    7,
    100_000_000,
    100_000_001,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    0x206e6f6973726576L
  };

  private final Configuration hadoop = new Configuration();
  private final Mutations mutations = new Mutations(20260801);
  @TempDir private Path folder;

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void brokenFilesAreRefusedOrReadRightly() throws IOException {
    Path file = folder.resolve("model.safetensors");
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] content = broken();
      Files.write(file, content);
      HostileReading<List<TensorEntry>> outcome =
          HostileReading.of(shown(content), "model.safetensors", MOST_BYTES, () -> entries(file));
      if (outcome.result().isPresent()) {
        requireRight(content, outcome.result().orElseThrow());
        read++;
      }
    }
    // Otherwise the mutations would not get past the first check, or do nothing.
    assertThat(read).isBetween(INPUTS / 100, INPUTS / 2);
  }

  private List<TensorEntry> entries(Path file) {
    try (SafetensorsFile opened =
        SafetensorsFile.open(new org.apache.hadoop.fs.Path(file.toString()), hadoop)) {
      return opened.entries();
    }
  }

  private byte[] broken() {
    return switch (mutations.below(6)) {
      case 0 -> mutations.bytes(file(HEADER.getBytes(StandardCharsets.UTF_8), 0));
      case 1 -> {
        byte[] header = HEADER.getBytes(StandardCharsets.UTF_8);
        yield ByteBuffer.wrap(file(header, 0))
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(
                0,
                mutations.below(2) == 0
                    ? LENGTHS[mutations.below(LENGTHS.length)]
                    : header.length + mutations.below(9) - 4)
            .array();
      }
      case 2 -> file(HEADER.getBytes(StandardCharsets.UTF_8), mutations.below(9) - 4);
      default -> file(mutations.json(HEADER), 0);
    };
  }

  private static byte[] file(byte[] header, int moreData) {
    return ByteBuffer.allocate(8 + header.length + DATA_BYTES + moreData)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  /** Compares the result with the header as another parser reads it. */
  private static void requireRight(byte[] content, List<TensorEntry> entries) throws IOException {
    int length = (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    JsonNode header = new ObjectMapper().readTree(Arrays.copyOfRange(content, 8, 8 + length));
    long position = 8 + length;
    for (TensorEntry entry : entries) {
      JsonNode expected = header.get(entry.name());
      assertThat(entry.type().name()).isEqualTo(expected.get("dtype").textValue());
      assertThat(entry.shape().toString().replace(" ", ""))
          .isEqualTo(expected.get("shape").toString());
      assertThat(entry.begin()).isEqualTo(position);
      assertThat(entry.begin() - 8 - length)
          .isEqualTo(expected.get("data_offsets").get(0).longValue());
      assertThat(8L * entry.bytes()).isEqualTo(entry.size() * entry.type().bits());
      position = entry.end();
    }
    assertThat(position).isEqualTo(content.length);
    assertThat(entries).hasSize(header.size() - (header.has("__metadata__") ? 1 : 0));
  }

  private static String shown(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return text.substring(0, Math.min(600, text.length()));
  }
}
