package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that {@code config.json} may have, and values that are refused with the key's name. */
class ModelFamiliesTest {
  private static final String COMPLETE =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 172,
       "num_hidden_layers": 5, "num_attention_heads": 8, "num_key_value_heads": 4,
       "vocab_size": 512, "max_position_embeddings": 256, "rms_norm_eps": 1e-05,
       "rope_theta": 500000.0, "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
       "rope_scaling": null, "tie_word_embeddings": true, "bos_token_id": 7, "head_dim": 16}
      """;

  @Test
  void everyKeyIsRead() {
    assertThat(ModelFamilies.parse(json(COMPLETE)))
        .isEqualTo(
            new LlamaModel(
                new ModelSize(64, 172, 5, 256),
                new LlamaAttention(8, 4, 16, SmallModels.rope(500000)),
                new Vocabulary(512, 64, 7, HeadStorage.TIED),
                1e-5f,
                SmallModels.LLAMA));
  }

  @Test
  void absentKeysHaveTheirDefaults() {
    ObjectNode config = json(COMPLETE);
    List<String> optional =
        List.of(
            "num_key_value_heads",
            "head_dim",
            "max_position_embeddings",
            "rms_norm_eps",
            "rope_theta",
            "hidden_act",
            "attention_bias",
            "mlp_bias",
            "rope_scaling",
            "tie_word_embeddings",
            "bos_token_id");
    optional.forEach(config::putNull);
    LanguageModel ofNull = ModelFamilies.parse(config);
    config.remove(optional);
    LlamaModel expected =
        new LlamaModel(
            new ModelSize(64, 172, 5, 2048),
            new LlamaAttention(8, 8, 8, SmallModels.rope(10000)),
            new Vocabulary(512, 64, 1, HeadStorage.OWN),
            1e-6f,
            SmallModels.LLAMA);

    assertThat(ModelFamilies.parse(config)).isEqualTo(expected);
    assertThat(ofNull).isEqualTo(expected);
    assertThat(expected.headName()).isEqualTo("lm_head.weight");
  }

  /** As {@code safetensors.torch.save_model} writes it. */
  @Test
  void aTiedHeadMayBeStoredUnderItsOwnNameAlone() {
    List<String> stored = List.of("lm_head.weight", "model.norm.weight");
    LanguageModel model = ModelFamilies.parse(json(COMPLETE), stored);
    assertThat(model.embeddingName()).isEqualTo("lm_head.weight");
    assertThat(model.headName()).isEqualTo("lm_head.weight");

    ObjectNode untied = json(COMPLETE).put("tie_word_embeddings", false);
    assertThat(ModelFamilies.parse(untied, stored).embeddingName())
        .isEqualTo("model.embed_tokens.weight");
  }

  @Test
  void theHeadMayBeFoundToBeElsewhere() {
    LanguageModel tied = ModelFamilies.parse(json(COMPLETE));
    assertThat(tied.headName()).isEqualTo("model.embed_tokens.weight");
    LanguageModel own = tied.withHead(HeadStorage.OWN);
    assertThat(own.headName()).isEqualTo("lm_head.weight");
    assertThat(own.embeddingName()).isEqualTo("model.embed_tokens.weight");
    assertThat(own.withHead(HeadStorage.TIED)).isEqualTo(tied);
  }

  /** Some programs write all numbers as floats. */
  @Test
  void wholeNumbersMayBeWrittenAsFloats() {
    ObjectNode config = json(COMPLETE);
    config.put("hidden_size", 64.0).put("num_key_value_heads", 4.0);
    config.put("max_position_embeddings", 256.0);
    assertThat(ModelFamilies.parse(config)).isEqualTo(ModelFamilies.parse(json(COMPLETE)));
  }

  /** Other keys of published configurations, on which inference does not depend. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          pad_token_id        | -1
          eos_token_id        | [2, 3]
          torch_dtype         | "bfloat16"
          dtype               | "bfloat16"
          attention_dropout   | 0.1
          pretraining_tp      | 2
          initializer_range   | 0.02
          use_cache           | false
          hidden_act          | "swish"
          layer_types         | ["full_attention", "full_attention"]
          layer_types         | []
          rope_scaling        | {}
          rope_parameters     | {}
          quantization_config | {"load_in_4bit": true}
          auto_map            | {"AutoConfig": "configuration_llama.LlamaConfig"}
          """)
  void otherKeysDoNoHarm(String key, String value) throws Exception {
    ObjectNode config = json(COMPLETE);
    config.set(key, new ObjectMapper().readTree(value));
    assertThat(ModelFamilies.parse(config)).isEqualTo(ModelFamilies.parse(json(COMPLETE)));
  }

  @Test
  void withoutArchitecturesTheKeyAndTheSupportedOnesAreNamed() {
    ObjectNode config = json(COMPLETE);
    config.remove("architectures");
    assertRefused(config, "config.json lacks the key architectures, which says what kind");
    assertRefused(config, "supported are [LlamaForCausalLM, MistralForCausalLM, OPTForCausalLM");
    config.putArray("architectures");
    assertRefused(config, "architectures is an empty list; expected a list of one name");
  }

  @Test
  void aLanguageModelInsideAnotherModelIsRefusedByName() {
    ObjectNode config = json(COMPLETE);
    config.putObject("text_config").put("hidden_size", 64);
    assertRefused(config, "text_config holds the keys of a language model that is a part");
    config.putArray("architectures").add("LlavaForConditionalGeneration");
    assertRefused(
        config, "LlavaForConditionalGeneration is not supported (text_config shows a language");
  }

  @Test
  void theFirstOfSeveralBeginTokensCounts() throws Exception {
    ObjectNode config = json(COMPLETE);
    config.set("bos_token_id", new ObjectMapper().readTree("[5, 6]"));
    assertThat(ModelFamilies.parse(config).beginToken()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "vocab_size"
      })
  void missingKeysAreNamed(String key) {
    ObjectNode config = json(COMPLETE);
    config.remove(key);
    assertRefused(config, "lacks the key " + key);
    config.putNull(key);
    assertRefused(config, "lacks the key " + key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hidden_size             | 0
          hidden_size             | -64
          hidden_size             | 64.5
          hidden_size             | 1e300
          layer_types             | ["sliding_attention"]
          hidden_size             | "64"
          hidden_size             | 16777217
          hidden_size             | 4611686018427387904
          intermediate_size       | 0
          num_hidden_layers       | true
          num_attention_heads     | []
          num_key_value_heads     | 3
          num_key_value_heads     | 0
          head_dim                | 7
          vocab_size              | {}
          max_position_embeddings | 0
          rms_norm_eps            | 0
          rms_norm_eps            | -1e-5
          rms_norm_eps            | "small"
          rope_theta              | 0
          rope_theta              | false
          hidden_act              | "gelu"
          attention_bias          | true
          attention_bias          | 1
          mlp_bias                | true
          rope_scaling            | "linear"
          partial_rotary_factor   | 0.5
          tie_word_embeddings     | "yes"
          bos_token_id            | -1
          bos_token_id            | "one"
          """)
  void keysOutOfRangeAreNamed(String key, String value) throws Exception {
    ObjectNode config = json(COMPLETE);
    config.set(key, new ObjectMapper().readTree(value));
    assertRefused(config, "config.json: " + key + " is ");
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 64})
  void headsMustDivideTheWidthIntoEvenOnes(int heads) {
    ObjectNode config = json(COMPLETE);
    config.remove("head_dim");
    config.put("num_attention_heads", heads);
    assertRefused(
        config, "num_attention_heads is " + heads + "; expected a divisor of hidden_size");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "\"LlamaForCausalLM\"",
        "[]",
        "[\"LlamaForCausalLM\", \"LlamaForCausalLM\"]",
        "[\"GPT2LMHeadModel\"]",
        "[\"llamaforcausallm\"]",
        "[3]"
      })
  void otherArchitecturesAreRefused(String architectures) throws Exception {
    ObjectNode config = json(COMPLETE);
    config.set("architectures", new ObjectMapper().readTree(architectures));
    assertRefused(config, "architecture");
    assertRefused(config, "[LlamaForCausalLM, MistralForCausalLM, OPTForCausalLM, ");
  }

  private static void assertRefused(JsonNode config, String words) {
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
