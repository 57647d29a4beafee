package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code config.json} may say, and what is refused with the key's name. */
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
                64,
                172,
                5,
                8,
                4,
                16,
                512,
                256,
                1e-5f,
                SmallModels.rope(500000),
                true,
                7,
                SmallModels.LLAMA));
  }

  @Test
  void whatIsAbsentHasTheUsualValue() {
    ObjectNode config = json(COMPLETE);
    for (String key :
        new String[] {
          "num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta", "hidden_act",
          "attention_bias", "mlp_bias", "rope_scaling", "tie_word_embeddings", "bos_token_id"
        }) {
      config.remove(key);
    }
    LlamaModel expected =
        new LlamaModel(
            64,
            172,
            5,
            8,
            8,
            8,
            512,
            256,
            1e-6f,
            SmallModels.rope(10000),
            false,
            1,
            SmallModels.LLAMA);

    assertThat(ModelFamilies.parse(config)).isEqualTo(expected);
    assertThat(expected.headName()).isEqualTo("lm_head.weight");
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
        "vocab_size",
        "max_position_embeddings"
      })
  void whatIsMissingIsNamed(String key) {
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
  void whatIsOutOfRangeIsNamed(String key, String value) throws Exception {
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
    assertRefused(
        config,
        "[LlamaForCausalLM, MistralForCausalLM, OPTForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM]");
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
