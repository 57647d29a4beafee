package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.kernel.CausalAttention;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values of {@code config.json} for the families that share LLaMA's block. */
class LlamaFamiliesTest {
  private static final String LLAMA3 =
      """
      {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
       "original_max_position_embeddings": 8192}
      """;

  @Test
  void rotaryPositionsMayBeScaled() {
    assertThat(rope("rope_scaling", "{\"type\": \"linear\", \"factor\": 2}"))
        .isEqualTo(new RopeParameters(10000, new RopeParameters.Scaling.Linear(2)));
    assertThat(rope("rope_scaling", "{\"rope_type\": \"default\"}"))
        .isEqualTo(SmallModels.rope(10000));
    assertThat(rope("rope_scaling", LLAMA3).scaling())
        .isEqualTo(new RopeParameters.Scaling.Llama3(8, 1, 4, 8192));
  }

  @Test
  void theNewerSpellingHoldsTheBaseToo() {
    assertThat(rope("rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 5e5}"))
        .isEqualTo(SmallModels.rope(5e5));
    assertThat(rope("rope_parameters", "{\"rope_type\": \"linear\", \"factor\": 4}"))
        .isEqualTo(new RopeParameters(10000, new RopeParameters.Scaling.Linear(4)));
  }

  @Test
  void scaledFrequenciesStayAreMixedOrAreDivided() {
    float[] plain =
        new RopeParameters(5e5, new RopeParameters.Scaling.None()).inverseFrequencies(128);
    float[] scaled =
        new RopeParameters(5e5, new RopeParameters.Scaling.Llama3(8, 1, 4, 8192))
            .inverseFrequencies(128);
    // Wavelengths of up to 2048 tokens stay, those beyond 8192 are divided.
    assertThat(2 * Math.PI / plain[28]).isLessThan(2048);
    assertThat(2 * Math.PI / plain[35]).isGreaterThan(8192);
    for (int i = 0; i < plain.length; i++) {
      double waves = 8192 * plain[i] / (2 * Math.PI);
      double share = Math.max(0, Math.min(1, (waves - 1) / 3));
      double expected = plain[i] * (share + (1 - share) / 8);
      assertThat((double) scaled[i])
          .as("frequency %d", i)
          .isCloseTo(expected, within(1e-6 * expected));
    }
    assertThat(scaled[28]).isEqualTo(plain[28]);
    assertThat(scaled[35]).isEqualTo(plain[35] / 8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"rope_type": "yarn", "factor": 2}       | rope_scaling.rope_type is "yarn"; expected default, linear or llama3
          {"type": "dynamic", "factor": 2}         | rope_scaling.type is "dynamic"
          {"factor": 2}                            | rope_scaling.factor is 2; expected a rope_type beside it
          {"type": "linear", "rope_type": "llama3"} | rope_scaling.rope_type is "llama3", but rope_scaling.type is "linear"
          {"rope_type": "linear", "factor": 2, "rope_theta": 50000} | rope_theta is 20000.0, but rope_scaling.rope_theta is 50000
          {"full_attention": {"rope_theta": 1e4}}  | rope_scaling.full_attention is {"rope_theta":10000.0}; expected no object
          "linear"                                 | rope_scaling is "linear"; expected an object
          {"rope_type": "linear"}                  | lacks the key rope_scaling.factor
          {"rope_type": "linear", "factor": -1}    | rope_scaling.factor is -1
          {"rope_type": "llama3", "factor": 8.0}   | lacks the key rope_scaling.low_freq_factor
          {"rope_type": "default", "partial_rotary_factor": 0.5} | rope_scaling.partial_rotary_factor is 0.5
          {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4, "original_max_position_embeddings": 8192} | rope_scaling.high_freq_factor is 4
          {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4} | rope_scaling.original_max_position_embeddings
          """)
  void otherScalingsAreRefusedByName(String scaling, String words) {
    ObjectNode config = with(config("LlamaForCausalLM"), "rope_theta", "20000.0");
    assertRefused(with(config, "rope_scaling", scaling), words);
    config.remove("rope_scaling");
    assertRefused(
        with(config, "rope_parameters", scaling), words.replace("rope_scaling", "rope_parameters"));
  }

  /** As in transformers 5, which writes no type where nothing is scaled. */
  @Test
  void withoutATypeNothingIsScaled() {
    assertThat(rope("rope_parameters", "{\"rope_theta\": 50000.0}"))
        .isEqualTo(SmallModels.rope(50000));
    assertThat(rope("rope_parameters", "{\"rope_theta\": 50000.0, \"partial_rotary_factor\": 1.0}"))
        .isEqualTo(SmallModels.rope(50000));
    ObjectNode empty = with(config("LlamaForCausalLM"), "rope_parameters", "{}");
    assertThat(llama(empty).attention().rope()).isEqualTo(SmallModels.rope(10000));
    assertThat(llama(with(empty, "rope_theta", "30000")).attention().rope())
        .isEqualTo(SmallModels.rope(30000));
  }

  @Test
  void theTypeMayBeGivenByBothOfItsNames() {
    assertThat(rope("rope_scaling", "{\"type\":\"linear\",\"rope_type\":\"linear\",\"factor\":2}"))
        .isEqualTo(new RopeParameters(10000, new RopeParameters.Scaling.Linear(2)));
  }

  @Test
  void bothSpellingsAtOnceMustSayTheSame() {
    ObjectNode config = with(config("LlamaForCausalLM"), "rope_scaling", LLAMA3);
    with(config, "rope_parameters", LLAMA3);
    assertThat(llama(config).attention().rope().scaling())
        .isEqualTo(new RopeParameters.Scaling.Llama3(8, 1, 4, 8192));

    with(config, "rope_parameters", LLAMA3.replace("8.0", "32.0"));
    assertRefused(config, "rope_scaling is {");
    assertRefused(config, ", but rope_parameters is {");
    // transformers 5 would read the base from neither.
    with(config, "rope_parameters", LLAMA3.replace("{", "{\"rope_theta\": 5e5, "));
    assertRefused(config, ", but rope_parameters is {");
  }

  @Test
  void theBaseInsideAndOutsideMustBeTheSame() {
    ObjectNode config = with(config("LlamaForCausalLM"), "rope_theta", "500000.0");
    with(config, "rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 5e5}");
    assertThat(llama(config).attention().rope()).isEqualTo(SmallModels.rope(5e5));
    with(config, "rope_theta", "10000");
    assertRefused(config, "rope_theta is 10000, but rope_parameters.rope_theta is 500000.0");
  }

  /** As in the configuration classes of transformers. */
  @ParameterizedTest
  @CsvSource({
    "LlamaForCausalLM, 2048, 64, 128",
    "MistralForCausalLM, 131072, 8, 128",
    "Qwen2ForCausalLM, 32768, 32, 128",
    "Qwen3ForCausalLM, 32768, 32, 128"
  })
  void familiesDifferInTheirDefaults(
      String architecture, int positions, int keyValueHeads, int headSize) {
    ObjectNode config = config(architecture);
    config.remove(List.of("max_position_embeddings", "num_key_value_heads"));
    config.put("hidden_size", 8192).put("num_attention_heads", 64);
    assertThat(llama(config).maxPositions()).isEqualTo(positions);
    assertThat(llama(config).attention().keyValueHeads()).isEqualTo(keyValueHeads);
    assertThat(llama(config).attention().headSize()).isEqualTo(headSize);
    assertThat(llama(config).rmsNormEpsilon()).isEqualTo(1e-6f);
    assertThat(llama(config).head()).isEqualTo(HeadStorage.OWN);
    assertThat(llama(config.putNull("num_key_value_heads")).attention().keyValueHeads())
        .isEqualTo(64);
  }

  @Test
  void aDefaultThatDoesNotFitIsTold() {
    ObjectNode config = config("MistralForCausalLM").put("num_attention_heads", 4);
    config.remove("num_key_value_heads");
    assertRefused(
        config,
        "num_key_value_heads is absent; expected a divisor of num_attention_heads, which 8 is not");
  }

  @Test
  void typesOfLayersMayBeListedWhereAllAreOfTheFamilysKind() {
    ObjectNode config = with(config("MistralForCausalLM"), "sliding_window", "16");
    with(config, "layer_types", "[\"sliding_attention\"]");
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(16);
    assertRefused(with(config, "layer_types", "[\"full_attention\"]"), "layer_types is ");
    with(config, "sliding_window", "null");
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(CausalAttention.UNLIMITED);
  }

  @ParameterizedTest
  @CsvSource({"null,2147483647", "4096,4096", "3,3"})
  void mistralSeesAWindow(String stated, int window) {
    ObjectNode config = with(config("MistralForCausalLM"), "sliding_window", stated);
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(window);
  }

  @Test
  void theDefaultWindowOfMistralIs4096() {
    assertThat(llama(config("MistralForCausalLM")).variant())
        .isEqualTo(LlamaVariant.of("MistralForCausalLM").withSlidingWindow(4096));
  }

  @Test
  void qwen2HasThreeBiases() {
    LlamaModel model = llama(config("Qwen2ForCausalLM"));
    assertThat(model.architecture()).isEqualTo("Qwen2ForCausalLM");
    assertThat(model.variant().slidingWindow()).isEqualTo(CausalAttention.UNLIMITED);
    assertThat(vectors(model))
        .containsExactly(
            "input_layernorm.weight",
            "self_attn.q_proj.bias",
            "self_attn.k_proj.bias",
            "self_attn.v_proj.bias",
            "post_attention_layernorm.weight");
  }

  @Test
  void qwen3NormalisesHeads() {
    LlamaModel model = llama(with(config("Qwen3ForCausalLM"), "head_dim", "128"));
    assertThat(model.attention().headSize()).isEqualTo(128);
    assertThat(model.blockWeights())
        .contains(
            WeightShape.vector("self_attn.q_norm.weight", 128),
            WeightShape.vector("self_attn.k_norm.weight", 128));
    assertThat(vectors(model)).hasSize(4);
    assertThat(llama(config("Qwen3ForCausalLM")).attention().headSize()).isEqualTo(128);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Qwen2ForCausalLM", "Qwen3ForCausalLM"})
  void windowsOfQwenAreRefusedUnlessTheyAreOff(String architecture) {
    ObjectNode config = with(config(architecture), "head_dim", "16");
    with(config, "use_sliding_window", "false");
    with(config, "sliding_window", "32768");
    with(config, "max_window_layers", "1");
    with(config, "layer_types", "[\"full_attention\", \"full_attention\"]");
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(CausalAttention.UNLIMITED);

    with(config, "layer_types", "[\"full_attention\", \"sliding_attention\"]");
    assertRefused(config, "layer_types is ");
    with(config, "use_sliding_window", "true");
    assertRefused(config, "use_sliding_window is true");

    // No block is beyond max_window_layers, or there is no window: it is off in either case.
    config.remove("layer_types");
    with(config, "max_window_layers", "5");
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(CausalAttention.UNLIMITED);
    with(config, "max_window_layers", "0");
    assertRefused(config, "use_sliding_window is true");
    with(config, "sliding_window", "null");
    assertThat(llama(config).variant().slidingWindow()).isEqualTo(CausalAttention.UNLIMITED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"LlamaForCausalLM", "MistralForCausalLM", "Qwen3ForCausalLM"})
  void biasesOfOtherFamiliesAreRefused(String architecture) {
    assertRefused(with(config(architecture), "attention_bias", "true"), "attention_bias is true");
  }

  private static List<String> vectors(LlamaModel model) {
    Stream<WeightShape> all = model.blockWeights().stream();
    return all.filter(shape -> !shape.isPrunable()).map(WeightShape::name).toList();
  }

  private static RopeParameters rope(String key, String value) {
    return llama(with(config("LlamaForCausalLM"), key, value)).attention().rope();
  }

  private static LlamaModel llama(ObjectNode config) {
    return (LlamaModel) ModelFamilies.parse(config);
  }

  private static void assertRefused(ObjectNode config, String words) {
    assertThatThrownBy(() -> ModelFamilies.parse(config))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(words);
  }

  private static ObjectNode config(String architecture) {
    ObjectNode config =
        (ObjectNode)
            json(
                """
                {"hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5,
                 "num_attention_heads": 8, "num_key_value_heads": 8, "vocab_size": 512,
                 "max_position_embeddings": 256}
                """);
    config.putArray("architectures").add(architecture);
    return config;
  }

  private static ObjectNode with(ObjectNode config, String key, String value) {
    config.set(key, json(value));
    return config;
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
