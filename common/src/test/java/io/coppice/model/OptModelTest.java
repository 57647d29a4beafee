package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that OPT's {@code config.json} may have, and the tensors that it calls for. */
class OptModelTest {
  /** Like that of the models with norms before the branches. */
  private static final String CONFIG =
      """
      {"architectures": ["OPTForCausalLM"], "model_type": "opt", "hidden_size": 768,
       "ffn_dim": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "vocab_size": 50272,
       "max_position_embeddings": 2048, "word_embed_proj_dim": 768, "do_layer_norm_before": true,
       "_remove_final_layer_norm": false, "activation_function": "relu", "bos_token_id": 2,
       "pad_token_id": 1, "prefix": "</s>", "dropout": 0.1, "layerdrop": 0.0}
      """;

  @Test
  void everyKeyIsRead() {
    assertThat(ModelFamilies.parse(json(CONFIG)))
        .isEqualTo(
            new OptModel(
                new ModelSize(768, 3072, 12, 2048),
                12,
                new Vocabulary(50272, 768, 2, HeadStorage.TIED),
                OptNorms.BEFORE_AND_FINAL,
                "model.decoder."));
  }

  @Test
  void tensorsHaveTheNamesOfTheCheckpoint() {
    LanguageModel model = ModelFamilies.parse(json(CONFIG));
    assertThat(model.embeddingName()).isEqualTo("model.decoder.embed_tokens.weight");
    assertThat(model.headName()).isEqualTo(model.embeddingName());
    assertThat(model.blockPrefix(3)).isEqualTo("model.decoder.layers.3.");
    assertThat(model.outerWeights())
        .containsExactly(
            WeightShape.matrix("model.decoder.embed_positions.weight", 2050, 768),
            WeightShape.vector("model.decoder.final_layer_norm.weight", 768),
            WeightShape.vector("model.decoder.final_layer_norm.bias", 768));
    assertThat(model.blockWeights())
        .hasSize(16)
        .allMatch(shape -> !shape.name().startsWith("model"));

    LanguageModel bare =
        ModelFamilies.parse(json(CONFIG), List.of("decoder.embed_tokens.weight", "lm_head.weight"));
    assertThat(bare.blockPrefix(3)).isEqualTo("decoder.layers.3.");
    assertThat(bare.outerWeights().get(0).name()).isEqualTo("decoder.embed_positions.weight");
  }

  /** As in the configuration class of transformers. */
  @Test
  void keysThatAreAbsentOrNullHaveTheirDefaults() {
    ObjectNode config = json(CONFIG);
    List<String> optional =
        List.of(
            "ffn_dim",
            "max_position_embeddings",
            "word_embed_proj_dim",
            "do_layer_norm_before",
            "_remove_final_layer_norm",
            "activation_function",
            "bos_token_id");
    optional.forEach(config::putNull);
    assertThat(ModelFamilies.parse(config)).isEqualTo(ModelFamilies.parse(json(CONFIG)));
    config.remove(optional);
    assertThat(ModelFamilies.parse(config)).isEqualTo(ModelFamilies.parse(json(CONFIG)));
  }

  /** As written by a library that stores shared tensors under the first of their names. */
  @Test
  void aTiedHeadMayBeStoredUnderItsOwnNameAlone() {
    LanguageModel model =
        ModelFamilies.parse(
            json(CONFIG), List.of("lm_head.weight", "decoder.embed_positions.weight"));
    assertThat(model.embeddingName()).isEqualTo("lm_head.weight");
    assertThat(model.headName()).isEqualTo("lm_head.weight");
    assertThat(model.blockPrefix(0)).isEqualTo("decoder.layers.0.");
  }

  @Test
  void aHeadOfItsOwnHasNoPrefix() {
    ObjectNode config = json(CONFIG).put("tie_word_embeddings", false);
    assertThat(ModelFamilies.parse(config).headName()).isEqualTo("lm_head.weight");
  }

  @Test
  void aNarrowerEmbeddingIsProjected() {
    ObjectNode config = json(CONFIG).put("word_embed_proj_dim", 512);
    config.put("do_layer_norm_before", false);
    LanguageModel model = ModelFamilies.parse(config);
    assertThat(model.embeddingSize()).isEqualTo(512);
    assertThat(model.hiddenSize()).isEqualTo(768);
    assertThat(model.outerWeights())
        .containsExactly(
            WeightShape.matrix("model.decoder.embed_positions.weight", 2050, 768),
            WeightShape.matrix("model.decoder.project_in.weight", 768, 512),
            WeightShape.matrix("model.decoder.project_out.weight", 512, 768));
  }

  @Test
  void theFinalNormCanBeTakenAway() {
    ObjectNode config = json(CONFIG).put("_remove_final_layer_norm", true);
    assertThat(ModelFamilies.parse(config).outerWeights()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"})
  void missingKeysAreNamed(String key) {
    ObjectNode config = json(CONFIG);
    config.remove(key);
    assertRefused(config, "lacks the key " + key);
  }

  @ParameterizedTest
  @CsvSource({
    "activation_function, \"gelu\"",
    "enable_bias, false",
    "layer_norm_elementwise_affine, false",
    "num_attention_heads, 7",
    "word_embed_proj_dim, 0",
    "do_layer_norm_before, 1"
  })
  void unsupportedKeysAreNamed(String key, String value) throws Exception {
    ObjectNode config = json(CONFIG);
    config.set(key, new ObjectMapper().readTree(value));
    assertRefused(config, key + " is " + value);
  }

  private static void assertRefused(ObjectNode config, String words) {
    assertThatThrownBy(() -> ModelFamilies.parse(config))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(words);
  }

  private static ObjectNode json(String text) {
    try {
      return (ObjectNode) new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
