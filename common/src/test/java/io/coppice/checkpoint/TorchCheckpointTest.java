package io.coppice.checkpoint;

import static io.coppice.checkpoint.ModelOnDisk.FIRST;
import static io.coppice.checkpoint.ModelOnDisk.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.failure.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model folder with PyTorch weights, and the safetensors folder that is made from it. */
class TorchCheckpointTest {
  private static final String INDEX = "pytorch_model.bin.index.json";
  private static final String FIRST_BIN = "pytorch_model-00001-of-00002.bin";
  private static final String SECOND_BIN = "pytorch_model-00002-of-00002.bin";

  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;
  private Path model;
  private Path output;

  @BeforeEach
  void configuration() {
    model = folder.resolve("model");
    output = folder.resolve("output");
    ModelOnDisk.text(model, "config.json", "{\"vocab_size\":7}");
  }

  @Test
  void aSingleFileBecomesOneSafetensorsFile() throws IOException {
    single();
    ModelOnDisk.text(model, "training_args.bin", "no weights");
    ModelOnDisk.text(model, "merges.txt", "a b");
    assemble(Map.of("layer.0", new float[] {1, 0, 3, 0, 5, 6, 0, 8, 9, 0, 11, 12}));

    assertThat(output.toFile().list())
        .containsExactlyInAnyOrder("config.json", "merges.txt", "model.safetensors");
    Checkpoint written = open(output);
    assertThat(written.names()).containsExactly("ids", "layer.10", "layer.0");
    assertThat(written.metadata("model.safetensors")).isEqualTo(Map.of("format", "pt"));
    assertThat(written.shards()).isEqualTo(open(model).shards());
    try (WeightsFile before = open(model).openShard("model.safetensors");
        WeightsFile after = written.openShard("model.safetensors")) {
      assertThat(bytes(after, "layer.10")).isEqualTo(bytes(before, "layer.10"));
      assertThat(bytes(after, "ids")).isEqualTo(bytes(before, "ids"));
      assertThat(bytes(after, "layer.0"))
          .startsWith(RawFile.floats(1, 0, 3, 0, 5))
          .endsWith(RawFile.floats(0, 11, 12));
    }
    assertThat(Files.size(output.resolve("model.safetensors")) % 8).isZero();
  }

  @Test
  void shardsBecomeSafetensorsShardsWithAnIndex() throws IOException {
    sharded();
    assemble(Map.of("d", new float[12]));

    assertThat(output.toFile().list())
        .containsExactlyInAnyOrder("config.json", FIRST, SECOND, ShardIndex.NAME);
    JsonNode index = new ObjectMapper().readTree(output.resolve(ShardIndex.NAME).toFile());
    assertThat(index.path("weight_map").toString())
        .isEqualTo("{\"a\":\"%1$s\",\"b\":\"%1$s\",\"d\":\"%2$s\"}".formatted(FIRST, SECOND));
    assertThat(index.path("metadata").toString()).isEqualTo("{\"total_size\":64}");
    Checkpoint written = open(output);
    assertThat(written.isSharded()).isTrue();
    assertThat(written.shards()).isEqualTo(open(model).shards());
  }

  @Test
  void safetensorsArePreferredWhereTheyAre() {
    single();
    ModelOnDisk.single(model);
    ModelOnDisk.text(model, INDEX, "no index");
    assertThat(open(model).names()).containsExactly("a", "b");
  }

  @Test
  void anIndexOfSafetensorsIsPreferredToOneFileOfPyTorch() {
    ModelOnDisk.sharded(model);
    ModelOnDisk.text(model, "pytorch_model.bin", "no weights");
    assertThat(open(model).shards()).containsOnlyKeys(FIRST, SECOND);
  }

  @Test
  void indexAndShardsMustAgree() throws IOException {
    sharded();
    new TorchWriter().range(2).tensor("e", 2).write(model.resolve(SECOND_BIN));
    refused(SECOND_BIN + " holds tensor 'e', which", INDEX + " does not list");
    Files.delete(model.resolve(SECOND_BIN));
    refused(INDEX + " names " + SECOND_BIN + ", which is not in the folder");
    ModelOnDisk.text(model, INDEX, "{\"weight_map\":{\"a\":\"../x.bin\"}}");
    refused("only a *.bin file in the same folder may be named");
    ModelOnDisk.text(model, INDEX, "{\"weight_map\":{\"a\":\"x.safetensors\"}}");
    refused("only a *.bin file in the same folder may be named");
  }

  @Test
  void aFileThatChangesMeanwhileIsNoticed() throws IOException {
    single();
    Checkpoint checkpoint = open(model);
    Files.write(model.resolve("pytorch_model.bin"), new byte[9]);
    assertThatThrownBy(() -> checkpoint.openShard("model.safetensors"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("pytorch_model.bin had ")
        .hasMessageContaining("has 9 now");
  }

  @Test
  void brokenValuesAreToldByTheFileThatHoldsThem() {
    new TorchWriter()
        .floats(1, 2, Float.NaN, 4)
        .tensor("w", 2, 2)
        .write(model.resolve("pytorch_model.bin"));
    Checkpoint checkpoint = open(model);
    try (WeightsFile file = checkpoint.openShard("model.safetensors")) {
      assertThatThrownBy(() -> TensorInspection.of(file, file.entry("w")))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("pytorch_model.bin holds NaN at row 1, column 0");
    }
  }

  private void single() {
    new TorchWriter()
        .range(12)
        .view("layer.10", 0, new long[] {3, 4}, new long[] {1, 3})
        .tensor("layer.0", 3, 4)
        .longs(7, 8)
        .tensor("ids", 2)
        .write(model.resolve("pytorch_model.bin"));
  }

  private void sharded() {
    new TorchWriter().range(2).tensor("a", 2).tensor("b", 2).write(model.resolve(FIRST_BIN));
    new TorchWriter().range(12).tensor("d", 3, 4).write(model.resolve(SECOND_BIN));
    ModelOnDisk.text(
        model,
        INDEX,
        "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"a\":\"%1$s\",\"b\":\"%1$s\",\"d\":\"%2$s\"}}"
            .formatted(FIRST_BIN, SECOND_BIN));
  }

  private void assemble(Map<String, float[]> tensors) {
    Path replaced = folder.resolve("replaced");
    replaced.toFile().mkdirs();
    ModelOnDisk.replaced(replaced.resolve("block.safetensors"), tensors);
    CheckpointAssembly assembly =
        ModelOnDisk.sent(
                CheckpointAssembly.plan(
                    open(model), RawFile.hadoop(replaced), RawFile.hadoop(output), hadoop))
            .using(hadoop);
    assembly.shardNames().forEach(assembly::writeShard);
    assembly.copyOtherFiles();
    assembly.verify();
  }

  private Checkpoint open(Path source) {
    return Checkpoint.open(RawFile.hadoop(source), hadoop);
  }

  private void refused(String... fragments) {
    assertThatThrownBy(() -> open(model))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContainingAll(fragments);
  }

  private static byte[] bytes(WeightsFile file, String name) {
    byte[] bytes = new byte[(int) file.entry(name).bytes()];
    file.readBytes(file.entry(name), 0, bytes, bytes.length);
    return bytes;
  }
}
