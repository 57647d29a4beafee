package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.Checkpoint;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.run.PruneRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Folders of published models hold more than a run needs. */
class PublishedModelsEndToEndTest {
  private static final String SINGLE = "model.safetensors";
  private static final String HEAD = "lm_head.weight";
  private static final String SCALE = "model.layers.0.mlp.up_proj.weight_scale";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path model;
  private Path text;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    text = SmallModel.text(folder.resolve("text.jsonl"), 20, 30);
  }

  /** A tensor as the file has it. */
  private record Stored(String type, List<Long> shape, byte[] bytes) {}

  @ParameterizedTest
  @EnumSource(names = {"LLAMA", "OPT", "OPT_WITHOUT_PREFIX"})
  void aTiedHeadThatIsStoredWithOtherValuesIsUsedAsItIs(SmallFamily family) throws IOException {
    model = SmallModel.write(folder.resolve("tied"), family);
    String embedding = family.model().embeddingName();
    double tied = perplexity(model);
    Map<String, Stored> tensors = tensors();

    tensors.put(HEAD, tensors.get(embedding));
    store(tensors);
    try (Warnings warnings = Warnings.of(ModelOnCluster.class)) {
      assertThat(perplexity(model)).isEqualTo(tied);
      assertThat(warnings.lines()).isEmpty();
    }

    byte[] other = tensors.get(embedding).bytes().clone();
    other[other.length - 1] ^= (byte) 0x80;
    tensors.put(HEAD, new Stored("F32", tensors.get(embedding).shape(), other));
    store(tensors);
    Path untied = Folders.copy(model, folder.resolve("untied"));
    ObjectNode config = (ObjectNode) JSON.readTree(Files.readString(model.resolve("config.json")));
    SmallModel.write(
        untied.resolve("config.json"), config.put("tie_word_embeddings", false).toString());
    try (Warnings warnings = Warnings.of(ModelOnCluster.class)) {
      assertThat(perplexity(model)).isEqualTo(perplexity(untied)).isNotEqualTo(tied);
      assertThat(warnings.lines())
          .containsExactly(
              "config.json ties the head to the embedding (tie_word_embeddings), but lm_head.weight"
                  + " is stored with other values: what is stored is used, as transformers 5 does");
    }
    if (family == SmallFamily.LLAMA) {
      requireSameForm(prune());
      Program.succeed("plan", "--model", model.toString());
    }
  }

  @Test
  void aTiedHeadMayBeStoredUnderItsOwnName() throws IOException {
    double usual = perplexity(model);
    Map<String, Stored> tensors = tensors();
    tensors.put(HEAD, tensors.remove("model.embed_tokens.weight"));
    store(tensors);
    assertThat(perplexity(model)).isEqualTo(usual);
    requireSameForm(prune());
  }

  @Test
  void whatClaimsAQuantizationIsLeftOutOfThePrunedModel() throws IOException {
    double usual = perplexity(model);
    Path plain = prune();
    String config = Files.readString(model.resolve("config.json"));
    SmallModel.write(
        model.resolve("config.json"),
        config.replaceFirst(
            "\"torch_dtype\"",
            "\"quantization_config\":{\"quant_method\":\"fp8\",\"sparsity_config\":{}},\"torch_dtype\""));
    Map<String, Stored> tensors = tensors();
    tensors.put(SCALE, new Stored("F32", List.of(1L), new byte[4]));
    store(tensors);

    Path sparse;
    try (Warnings warnings = Warnings.of(ModelOnCluster.class)) {
      assertThat(perplexity(model)).isEqualTo(usual);
      sparse = prune();
      assertThat(warnings.lines())
          .hasSize(2)
          .allMatch(
              line ->
                  line.equals(
                      "The weights are plain floats, but there is what belongs to quantized ones:"
                          + " quantization_config of config.json, the tensor "
                          + SCALE
                          + "; it is not used, and a pruned model is written without it"));
    }
    assertThat(sparse.resolve("config.json")).hasContent(config);
    assertThat(open(sparse).names()).isEqualTo(open(plain).names());
    assertThat(perplexity(sparse)).isEqualTo(perplexity(plain));
  }

  @Test
  void aHeaderWithoutMetadataStaysAsItIs() throws IOException {
    store(tensors(), "{\"__metadata__\":null,");
    Path sparse = prune();
    assertThat(new String(header(sparse.resolve(SINGLE)))).startsWith("{\"__metadata__\":null,");
    assertThat(header(sparse.resolve(SINGLE))).isEqualTo(header(model.resolve(SINGLE)));
  }

  @Test
  void tensorsThatTheModelDoesNotUseAreNamedAndCopied() throws IOException {
    Map<String, Stored> tensors = tensors();
    tensors.put(
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        new Stored("F32", List.of(2L), new byte[8]));
    store(tensors);
    String config = Files.readString(model.resolve("config.json"));
    SmallModel.write(
        model.resolve("config.json"),
        config.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":1"));
    try (Warnings warnings = Warnings.of(ModelOnCluster.class)) {
      Path sparse = prune();
      assertThat(warnings.lines())
          .containsExactly(
              "9 tensors are not used, for config.json does not call for them: model.layers.1.*");
      requireSameForm(sparse);
    }
  }

  @Test
  void pointersThatWouldBeCopiedAreNamed() {
    SmallModel.write(
        model.resolve("tokenizer.model"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 499723\n");
    try (Warnings warnings = Warnings.of(PruneRun.class)) {
      prune();
      assertThat(warnings.lines())
          .contains(
              "Of the files that are copied, tokenizer.model are Git LFS pointers instead of the"
                  + " files themselves; fetch them with 'git lfs pull' if the pruned model is to"
                  + " have them");
    }
  }

  /** Same tensors, same files except the weights. */
  private void requireSameForm(Path sparse) {
    Map<String, String> expected = Folders.contents(model);
    Map<String, String> actual = Folders.checkpoint(sparse);
    expected.putIfAbsent("README.md", "");
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.remove(SINGLE);
    assertThat(actual).containsAllEntriesOf(Folders.withoutCard(expected));
    assertThat(open(sparse).shards()).isEqualTo(open(model).shards());
  }

  private Path prune() {
    Path output = folder.resolve("sparse-" + System.nanoTime());
    Program.succeed(
        "prune",
        "--model",
        model.toString(),
        "--calibration",
        text.toString(),
        "--output",
        output.toString(),
        "--samples",
        "8",
        "--sequence-length",
        "16",
        "--epochs",
        "1",
        "--waves",
        "1");
    return output;
  }

  private double perplexity(Path of) {
    return Measured.perplexity("local[1]", of, text, 64);
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
  }

  /** All tensors of the model, read by hand. */
  private Map<String, Stored> tensors() throws IOException {
    byte[] file = Files.readAllBytes(model.resolve(SINGLE));
    byte[] header = header(model.resolve(SINGLE));
    Map<String, Stored> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : JSON.readTree(header).properties()) {
      JsonNode tensor = entry.getValue();
      if (tensor.has("dtype")) {
        int start = Long.BYTES + header.length;
        tensors.put(
            entry.getKey(),
            new Stored(
                tensor.path("dtype").textValue(),
                List.of(JSON.convertValue(tensor.path("shape"), Long[].class)),
                Arrays.copyOfRange(
                    file,
                    start + tensor.path("data_offsets").path(0).intValue(),
                    start + tensor.path("data_offsets").path(1).intValue())));
      }
    }
    return tensors;
  }

  private void store(Map<String, Stored> tensors) throws IOException {
    store(tensors, "{");
  }

  private void store(Map<String, Stored> tensors, String beginning) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Map.Entry<String, Stored> entry : tensors.entrySet()) {
      Stored tensor = entry.getValue();
      ObjectNode description = header.putObject(entry.getKey()).put("dtype", tensor.type());
      tensor.shape().forEach(description.withArray("shape")::add);
      description
          .putArray("data_offsets")
          .add(data.size())
          .add(data.size() + tensor.bytes().length);
      data.write(tensor.bytes());
    }
    byte[] json = (beginning + header.toString().substring(1)).getBytes();
    Files.write(
        model.resolve(SINGLE),
        ByteBuffer.allocate(Long.BYTES + json.length + data.size())
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .put(data.toByteArray())
            .array());
  }

  private static byte[] header(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(bytes, Long.BYTES, Long.BYTES + length);
  }
}
