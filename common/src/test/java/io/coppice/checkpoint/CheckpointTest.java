package io.coppice.checkpoint;

import static io.coppice.checkpoint.ModelOnDisk.FIRST;
import static io.coppice.checkpoint.ModelOnDisk.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @Test
  void opensASingleFileAndPrefersItToAnIndex() {
    ModelOnDisk.single(folder);
    ModelOnDisk.index(folder, Map.of("other", "missing.safetensors"));
    Checkpoint checkpoint = open();
    assertThat(checkpoint.isSharded()).isFalse();
    assertThat(checkpoint.names()).containsExactly("a", "b");
    assertThat(checkpoint.entry("b").type()).isEqualTo(DataType.F16);
    assertThat(checkpoint.metadata("model.safetensors")).isEmpty();
    assertThat(checkpoint.config().path("vocab_size").intValue()).isEqualTo(7);
    assertThatThrownBy(() -> checkpoint.entry("lm_head.weight"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no tensor 'lm_head.weight'");
  }

  @Test
  void opensShardsAndReadsThemOnAnExecutorWithoutTheirHeaders() throws IOException {
    ModelOnDisk.sharded(folder);
    Checkpoint checkpoint = open();
    assertThat(checkpoint.isSharded()).isTrue();
    assertThat(checkpoint.names()).containsExactly("a", "b", "c", "d");
    assertThat(checkpoint.shards()).containsOnlyKeys(FIRST, SECOND);
    assertThat(checkpoint.contains("c")).isTrue();
    assertThat(checkpoint.contains("e")).isFalse();
    Checkpoint sent = ModelOnDisk.sent(checkpoint).using(hadoop);
    assertThat(sent.shards()).isEqualTo(checkpoint.shards());
    assertThat(sent.config()).isEqualTo(checkpoint.config());
    try (Arena arena = Arena.unbounded("test")) {
      Tensor here = arena.tensor(3, 4);
      checkpoint.read("d", here);
      Tensor there = arena.tensor(3, 4);
      sent.read("d", there);
      assertThat(there.toArray()).isEqualTo(here.toArray());
      Tensor row = arena.tensor(1, 4);
      sent.readRows("d", 2, row);
      assertThat(row.toArray()).isEqualTo(here.rows(2, 1).toArray());
      Files.write(folder.resolve(SECOND), new byte[9]);
      assertThatThrownBy(() -> sent.read("d", there))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("has 9 now");
    }
    assertThatThrownBy(() -> ModelOnDisk.sent(checkpoint).openShard(FIRST))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void missingFoldersAreTheUsersMistake() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Checkpoint.open(RawFile.hadoop(missing), hadoop))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("Model folder file:" + missing + " does not exist");
    Path file = Files.createFile(folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> Checkpoint.open(RawFile.hadoop(file), hadoop))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is a file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[1]", "{\"a\":", "{} {}", "nonsense"})
  void malformedConfigurationsAreRefused(String content) {
    ModelOnDisk.single(folder);
    ModelOnDisk.text(folder, "config.json", content);
    refused("config.json");
  }

  @Test
  void hugeConfigurationsAreNotRead() throws IOException {
    ModelOnDisk.single(folder);
    try (java.io.RandomAccessFile file =
        new java.io.RandomAccessFile(folder.resolve("config.json").toFile(), "rw")) {
      file.setLength(1L << 40);
    }
    refused("config.json is 1099511627776 bytes long");
  }

  @Test
  void foldersWithoutConfigurationOrWeightsAreRefused() throws IOException {
    ModelOnDisk.single(folder);
    Files.delete(folder.resolve("model.safetensors"));
    refused("has neither model.safetensors nor pytorch_model.bin, nor an index of either; fetch");
    ModelOnDisk.text(folder, "consolidated.00.pth", "pickle");
    refused(
        "nor an index of either; its consolidated.00.pth is not read; if you trust it, convert the"
            + " model to safetensors (transformers: save_pretrained)");
    Files.delete(folder.resolve("config.json"));
    refused("has no config.json");
  }

  @Test
  void indexAndShardsMustAgree() {
    ModelOnDisk.sharded(folder);
    Map<String, String> sound = Map.of("a", FIRST, "b", FIRST, "c", SECOND, "d", SECOND);

    Map<String, String> weightMap = new HashMap<>(sound);
    weightMap.put("e", SECOND);
    ModelOnDisk.index(folder, weightMap);
    refused("puts tensor 'e' into " + SECOND + ", which does not hold it");

    weightMap.remove("e");
    weightMap.remove("d");
    ModelOnDisk.index(folder, weightMap);
    refused(SECOND + " holds tensor 'd', which", "does not list");

    weightMap.put("d", FIRST);
    ModelOnDisk.index(folder, weightMap);
    refused(SECOND + " holds tensor 'd', which", "puts into " + FIRST);

    weightMap.put("d", "model-00003-of-00002.safetensors");
    ModelOnDisk.index(folder, weightMap);
    refused("names model-00003-of-00002.safetensors, which is not in the folder");

    ModelOnDisk.index(folder, sound);
    ModelOnDisk.weights(folder.resolve(SECOND), "c", "a");
    refused(SECOND + " holds tensor 'a', which", "puts into " + FIRST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.safetensors",
        "/etc/x.safetensors",
        "sub/x.safetensors",
        "..\\\\x.safetensors",
        "file:x.safetensors",
        "x\\u0000.safetensors",
        "x\\n.safetensors",
        "",
        ".safetensors",
        "..",
        "pytorch_model.bin",
        "config.json"
      })
  void fileNamesInTheIndexCannotLeaveTheFolder(String name) {
    ModelOnDisk.sharded(folder);
    ModelOnDisk.text(folder, ShardIndex.NAME, "{\"weight_map\":{\"a\":\"%s\"}}".formatted(name));
    refused("only a *.safetensors file in the same folder may be named");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":[]}",
        "{\"weight_map\":\"model.safetensors\"}",
        "{\"weight_map\":{\"a\":1}}",
        "{\"weight_map\":{\"a\":\"b.safetensors\",\"a\":\"c.safetensors\"}}",
        "not json"
      })
  void malformedIndexesAreRefused(String content) {
    ModelOnDisk.sharded(folder);
    ModelOnDisk.text(folder, ShardIndex.NAME, content);
    refused(ShardIndex.NAME);
  }

  @Test
  void theTrainedModelOpensAndItsTiedHeadIsNotThere() {
    Path stories = ModelBesideCheckout.folder("stories260K");
    Checkpoint checkpoint = Checkpoint.open(RawFile.hadoop(stories), hadoop);
    assertThat(checkpoint.names()).hasSize(47).doesNotContain("lm_head.weight");
    assertThat(checkpoint.metadata("model.safetensors")).isEqualTo(Map.of("format", "pt"));
    try (Arena arena = Arena.unbounded("test")) {
      checkpoint.read("model.embed_tokens.weight", arena.tensor(512, 64));
      assertThatThrownBy(() -> checkpoint.read("model.embed_tokens.weight", arena.tensor(512, 32)))
          .isInstanceOf(InvalidDataException.class);
    }
  }

  private void refused(String... sentences) {
    assertThatThrownBy(this::open)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContainingAll(sentences)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\v"));
  }

  private Checkpoint open() {
    return Checkpoint.open(RawFile.hadoop(folder), hadoop);
  }
}
