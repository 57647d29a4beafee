package io.coppice.checkpoint;

import static io.coppice.checkpoint.ModelOnDisk.FIRST;
import static io.coppice.checkpoint.ModelOnDisk.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BFloat16;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointAssemblyTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;
  private Path source;
  private Path replaced;
  private Path staging;

  @BeforeEach
  void folders() throws IOException {
    source = folder.resolve("source");
    replaced = Files.createDirectory(folder.resolve("replaced"));
    staging = folder.resolve("staging");
  }

  @Test
  void withNothingReplacedTheResultIsTheSourceByteForByte() throws IOException {
    ModelOnDisk.sharded(source);
    for (String copied :
        List.of("tokenizer.json", "tokenizer.model", "LICENSE", "modeling_x.py", "a.index.txt")) {
      ModelOnDisk.text(source, copied, "content of " + copied);
    }
    Map<String, List<Byte>> wanted = ModelOnDisk.contents(source);
    for (String left :
        List.of(
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "Model.GGUF",
            "optimizer.pt",
            "consolidated.00.pth",
            "tf_model.h5",
            "flax_model.msgpack",
            "model.onnx",
            "extra.safetensors",
            ".gitattributes",
            "original/params.json")) {
      Path file = source.resolve(left);
      ModelOnDisk.text(file.getParent(), file.getFileName().toString(), "x");
    }
    assemble();
    assertThat(ModelOnDisk.contents(staging)).isEqualTo(wanted);
  }

  @Test
  void aTokenizerIsCopiedInAnyForm() {
    ModelOnDisk.single(source);
    List<String> files =
        List.of("tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json");
    files.forEach(file -> ModelOnDisk.text(source, file, "{}"));
    assemble();
    assertThat(ModelOnDisk.contents(staging)).containsKeys(files.toArray(String[]::new));
  }

  @Test
  void aRealModelIsReproducedByteForByte() {
    source = ModelBesideCheckout.folder("stories260K");
    assemble();
    assertThat(ModelOnDisk.contents(staging)).isEqualTo(ModelOnDisk.contents(source));
  }

  @Test
  void aHeaderWhoseMetadataAreNullIsCopiedAsItIs() {
    ModelOnDisk.single(source);
    RawFile.write(
        source.resolve("model.safetensors"),
        """
        {"__metadata__":null,"a":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]}}""",
        24);
    assemble();
    assertThat(ModelOnDisk.contents(staging)).isEqualTo(ModelOnDisk.contents(source));
  }

  /** The rest of config.json is unchanged to the byte, including numbers and white space. */
  @Test
  void tracesOfAQuantizationAreLeftOut() {
    ModelOnDisk.single(source);
    ModelOnDisk.text(
        source,
        "config.json",
        """
        {
         "vocab_size": 7,
         "quantization_config": {"load_in_4bit": true, "a": [1, {"b": "}"}],
          "sparsity_config": {"format": "dense"}},
         "rms_norm_eps": 1e-05,
         "compression_config": {}
        }
        """);
    ModelOnDisk.text(source, "quantize_config.json", "{}");
    assemble();
    assertThat(staging.resolve("config.json"))
        .hasContent("{\n \"vocab_size\": 7,\n \"rms_norm_eps\": 1e-05\n}\n");
    assertThat(staging.resolve("quantize_config.json")).doesNotExist();
    assertThat(staging.resolve("model.safetensors"))
        .hasSameBinaryContentAs(source.resolve("model.safetensors"));
  }

  @Test
  void scalesBesidePlainWeightsAreLeftOutOfShardsAndIndex() {
    String scale = "model.layers.0.mlp.up_proj.weight_scale";
    String zero = "model.layers.0.mlp.up_proj.qzeros";
    ModelOnDisk.text(source, "config.json", "{\"vocab_size\":7}");
    ModelOnDisk.weights(source.resolve(FIRST), "a", scale);
    RawFile.write(
        source.resolve(SECOND),
        "{\"%s\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}}".formatted(zero),
        8);
    ModelOnDisk.index(source, Map.of("a", FIRST, scale, FIRST, zero, SECOND));
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    ModelOnDisk.replaced(replaced.resolve("block.safetensors"), Map.of("a", values));

    CheckpointAssembly assembly = assemble();

    assertThat(assembly.shardNames()).containsExactly(FIRST);
    Checkpoint result = Checkpoint.open(RawFile.hadoop(staging), hadoop);
    assertThat(result.names()).containsExactly("a");
    assertThat(result.entry("a").type()).isEqualTo(DataType.BF16);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor(3, 4);
      result.read("a", tensor);
      assertThat(tensor.toArray()).isEqualTo(values);
    }
    assertThat(staging.resolve("model.safetensors.index.json")).content().contains("24");
  }

  @Test
  void pointersAmongTheCopiedFilesAreFound() {
    ModelOnDisk.single(source);
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    for (String file : List.of("tokenizer.model", "pytorch_model.bin", ".gitattributes")) {
      ModelOnDisk.text(source, file, pointer);
    }
    ModelOnDisk.text(source, "LICENSE", "version 2");
    assertThat(
            CheckpointAssembly.copiedPointers(
                Checkpoint.open(RawFile.hadoop(source), hadoop), hadoop))
        .containsExactly("tokenizer.model");
  }

  @Test
  void tensorsOfManyChunksAreCopiedAndConvertedWhole() throws IOException {
    int rows = 1200;
    int columns = 700;
    ModelOnDisk.single(source);
    Path weights = source.resolve("model.safetensors");
    Files.delete(weights);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor values = arena.tensor(rows, columns);
      float[] row = new float[columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          row[j] = (i * 31 + j * 7) % 251 / 8f - 15;
        }
        values.writeRow(i, row);
      }
      writeTwice(weights, DataType.BF16, values);
    }
    assemble();
    assertThat(staging.resolve("model.safetensors")).hasSameBinaryContentAs(weights);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor values = arena.tensor(rows, columns);
      Checkpoint.open(RawFile.hadoop(source), hadoop).read("w", values);
      writeTwice(replaced.resolve("block.safetensors"), DataType.F32, values);
    }
    assemble();
    assertThat(staging.resolve("model.safetensors")).hasSameBinaryContentAs(weights);
  }

  @Test
  void replacedTensorsAreRoundedToTheSourcesTypeAndTheOthersKeepTheirBits() throws IOException {
    ModelOnDisk.sharded(source);
    float[] values = {0, -0f, 1, -1.5f, 1.001f, 3.14159f, 1e-7f, 2e-8f, 1000, 0.1f, -7e-5f, 60000};
    ModelOnDisk.replaced(replaced.resolve("block-0.safetensors"), Map.of("a", values, "d", values));
    assemble();
    Checkpoint result = Checkpoint.open(RawFile.hadoop(staging), hadoop);
    float[] asBfloat = new float[12];
    float[] asHalf = new float[12];
    short[] bits = new short[12];
    BFloat16.encode(values, bits, 12);
    BFloat16.decode(bits, asBfloat, 12);
    Float16.encode(values, bits, 12);
    Float16.decode(bits, asHalf, 12);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor(3, 4);
      result.read("a", tensor);
      assertThat(tensor.toArray()).isEqualTo(asBfloat);
      result.read("d", tensor);
      assertThat(tensor.toArray()).isEqualTo(asHalf);
    }
    // The header and b, which follows a, are as they were.
    byte[] before = Files.readAllBytes(source.resolve(FIRST));
    byte[] after = Files.readAllBytes(staging.resolve(FIRST));
    TensorEntry a = result.entry("a");
    assertThat(after).hasSameSizeAs(before);
    for (int i = 0; i < before.length; i++) {
      if (i < a.begin() || i >= a.end()) {
        assertThat(after[i]).as("byte %d", i).isEqualTo(before[i]);
      }
    }
  }

  @Test
  void aShardMayBeWrittenAgainAndByAnAssemblyThatWasSent() {
    ModelOnDisk.sharded(source);
    CheckpointAssembly assembly = plan();
    assertThat(assembly.shardNames()).containsExactly(FIRST, SECOND);
    assembly.writeShard(FIRST);
    Map<String, List<Byte>> first = ModelOnDisk.contents(staging);
    ModelOnDisk.sent(assembly).using(hadoop).writeShard(FIRST);
    assertThat(ModelOnDisk.contents(staging)).isEqualTo(first).containsOnlyKeys(FIRST);
  }

  @Test
  void valuesThatTheSourcesTypeCannotHoldAreRefusedAndLeaveNothing() {
    ModelOnDisk.sharded(source);
    float[] values = new float[12];
    values[6] = 70000;
    ModelOnDisk.replaced(replaced.resolve("x.safetensors"), Map.of("d", values));
    CheckpointAssembly assembly = plan();
    assertThatThrownBy(() -> assembly.writeShard(SECOND))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("'d'")
        .hasMessageContaining("70000.0, which F16 cannot hold at row 1, column 2");
    assertThat(ModelOnDisk.contents(staging)).isEmpty();
  }

  @Test
  void replacedTensorsMustFit() {
    ModelOnDisk.sharded(source);
    Path file = replaced.resolve("x.safetensors");
    RawFile.write(file, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[0,48]}}", 48);
    assertThatThrownBy(this::plan)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("'a'")
        .hasMessageContaining("[4, 3]")
        .hasMessageContaining("[3, 4]");
    RawFile.write(file, "{\"a\":{\"dtype\":\"F16\",\"shape\":[3,4],\"data_offsets\":[0,24]}}", 24);
    assertThatThrownBy(this::plan).isInstanceOf(InvalidDataException.class);
    ModelOnDisk.replaced(file, Map.of("z", new float[12]));
    assertThatThrownBy(this::plan)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("'z'");
    ModelOnDisk.replaced(file, Map.of("a", new float[12]));
    ModelOnDisk.replaced(replaced.resolve("y.safetensors"), Map.of("a", new float[12]));
    assertThatThrownBy(this::plan)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("another file");
  }

  @Test
  void verificationFindsMissingAndChangedFiles() throws IOException {
    ModelOnDisk.sharded(source);
    CheckpointAssembly assembly = assemble();
    ModelOnDisk.text(staging, "config.json", "{}");
    assertThatThrownBy(assembly::verify)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("does not have the tensors and configuration");
    assembly.copyOtherFiles();
    assembly.verify();
    String header = "{\"%s\":{\"dtype\":\"%s\",\"shape\":[3,4],\"data_offsets\":[0,24]}}";
    RawFile.write(staging.resolve("model.safetensors"), header.formatted("a", "BF16"), 24);
    assertThatThrownBy(assembly::verify).isInstanceOf(InvalidDataException.class);
    Files.delete(staging.resolve("model.safetensors"));
    Files.delete(staging.resolve(SECOND));
    assertThatThrownBy(assembly::verify)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(SECOND);
  }

  private CheckpointAssembly plan() {
    return CheckpointAssembly.plan(
        Checkpoint.open(RawFile.hadoop(source), hadoop),
        RawFile.hadoop(replaced),
        RawFile.hadoop(staging),
        hadoop);
  }

  private CheckpointAssembly assemble() {
    CheckpointAssembly assembly = plan();
    assembly.shardNames().forEach(assembly::writeShard);
    assembly.copyOtherFiles();
    assembly.verify();
    return assembly;
  }

  private void writeTwice(Path file, DataType type, Tensor values) {
    List<TensorSpec> specs =
        List.of(
            TensorSpec.matrix("v", type, values.rows(), values.columns()),
            TensorSpec.matrix("w", type, values.rows(), values.columns()));
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            RawFile.hadoop(file), hadoop, specs, new TreeMap<>(Map.of("format", "pt")))) {
      writer.write("v", values);
      writer.write("w", values);
      writer.commit();
    }
  }
}
