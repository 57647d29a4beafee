package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two thousand broken index files: refused, or read as they are, inside the folder. */
class HostileIndexTest {
  private static final int INPUTS = 2000;
  private static final long MOST_BYTES = 32L << 20;
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";
  private static final String INDEX =
      """
      {"metadata":{"total_size":96},"weight_map":{"a":"%1$s","b":"%1$s","c":"%2$s","d":"%2$s"}}
      """
          .formatted(FIRST, SECOND);

  private final Configuration hadoop = new Configuration();
  @TempDir private Path parent;

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void brokenIndexesAreRefusedOrReadAsTheyAre() throws IOException {
    Path folder = Files.createDirectories(parent.resolve("model"));
    Files.writeString(folder.resolve("config.json"), "{}");
    weights(folder.resolve(FIRST), "a", "b");
    weights(folder.resolve(SECOND), "c", "d");
    // The file that an index that leads out of the folder would find.
    weights(parent.resolve("a.safetensors"), "a", "b");
    Mutations mutations = new Mutations(20260802);
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] index = mutations.json(INDEX);
      Files.write(folder.resolve("model.safetensors.index.json"), index);
      HostileReading<Checkpoint> outcome =
          HostileReading.of(
              new String(index, StandardCharsets.UTF_8),
              "model",
              MOST_BYTES,
              () -> Checkpoint.open(new org.apache.hadoop.fs.Path(folder.toString()), hadoop));
      if (outcome.result().isPresent()) {
        Set<String> shards = outcome.result().orElseThrow().shards().keySet();
        assertThat(shards).isSubsetOf(FIRST, SECOND).isNotEmpty();
        assertThat(outcome.result().orElseThrow().names())
            .isEqualTo(
                Stream.of("a", "b", "c", "d")
                    .filter(name -> shards.contains(name.compareTo("c") < 0 ? FIRST : SECOND))
                    .collect(Collectors.toSet()));
        read++;
      }
    }
    assertThat(read).isBetween(INPUTS / 100, INPUTS / 2);
  }

  private static void weights(Path file, String first, String second) throws IOException {
    byte[] header =
        """
        {"%s":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]},\
        "%s":{"dtype":"F16","shape":[3,4],"data_offsets":[24,48]}}"""
            .formatted(first, second)
            .getBytes(StandardCharsets.UTF_8);
    Files.write(
        file,
        ByteBuffer.allocate(8 + header.length + 48)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array());
  }
}
