package io.coppice.job.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import java.util.List;

/** A kind of model of two blocks, by what its {@code config.json} says. */
enum SmallFamily {
  LLAMA(
      "LlamaForCausalLM",
      """
      {"model_type":"llama","num_key_value_heads":2,"rope_theta":10000.0,"bos_token_id":1}
      """),
  LLAMA3_ROPE(
      "LlamaForCausalLM",
      """
      {"model_type":"llama","num_key_value_heads":2,"head_dim":8,"rope_theta":500000.0,
       "tie_word_embeddings":false,
       "rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,
        "high_freq_factor":4.0,"original_max_position_embeddings":32}}
      """),
  LINEAR_ROPE(
      "LlamaForCausalLM",
      """
      {"model_type":"llama","num_key_value_heads":4,
       "rope_parameters":{"rope_type":"linear","factor":4.0,"rope_theta":100.0}}
      """),
  MISTRAL(
      "MistralForCausalLM",
      """
      {"model_type":"mistral","num_key_value_heads":2,"rope_theta":10000.0,"sliding_window":7,
       "tie_word_embeddings":false}
      """),
  QWEN2(
      "Qwen2ForCausalLM",
      """
      {"model_type":"qwen2","num_key_value_heads":2,"rope_theta":1000000.0,
       "use_sliding_window":false,"sliding_window":32768,"max_window_layers":2}
      """),
  QWEN3(
      "Qwen3ForCausalLM",
      """
      {"model_type":"qwen3","num_key_value_heads":2,"head_dim":10,"rope_theta":1000000.0,
       "attention_bias":false,"use_sliding_window":false,"sliding_window":null,
       "tie_word_embeddings":false}
      """),
  OPT(
      "OPTForCausalLM",
      """
      {"model_type":"opt","ffn_dim":24,"word_embed_proj_dim":16,"do_layer_norm_before":true,
       "_remove_final_layer_norm":false,"activation_function":"relu"}
      """),
  OPT_WITHOUT_PREFIX(
      "OPTForCausalLM",
      """
      {"model_type":"opt","ffn_dim":24,"word_embed_proj_dim":16,"do_layer_norm_before":true,
       "activation_function":"relu"}
      """,
      "decoder.embed_tokens.weight"),
  OPT_NORM_BEHIND(
      "OPTForCausalLM",
      """
      {"model_type":"opt","ffn_dim":24,"word_embed_proj_dim":12,"do_layer_norm_before":false,
       "activation_function":"relu"}
      """);

  /** Keys that all have in common; those that a family does not know do no harm. */
  private static final String COMMON =
      """
      {"hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":4,
       "vocab_size":40,"max_position_embeddings":64,"rms_norm_eps":1e-5,"hidden_act":"silu",
       "tie_word_embeddings":true,"bos_token_id":1,"torch_dtype":"float32"}
      """;

  private final ObjectNode config;
  private final List<String> tensors;

  SmallFamily(String architecture, String special, String... tensors) {
    config = json(COMMON);
    config.putArray("architectures").add(architecture);
    config.setAll(json(special));
    this.tensors = List.of(tensors);
  }

  String config() {
    return config.toString();
  }

  LanguageModel model() {
    return ModelFamilies.parse(config, tensors);
  }

  private static ObjectNode json(String text) {
    try {
      JsonNode node = new ObjectMapper().readTree(text);
      return (ObjectNode) node;
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
