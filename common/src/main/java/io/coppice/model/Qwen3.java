package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;

/** Qwen3: LLaMA with normalised heads of queries and keys (Yang et al. 2025, arXiv 2505.09388). */
final class Qwen3 {
  static final String ARCHITECTURE = "Qwen3ForCausalLM";

  private Qwen3() {}

  /**
   * Reads {@code config.json}.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     a feature this family does not have
   */
  static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    config.forbid("attention_bias");
    Qwen2.requireFullAttention(config);
    return LlamaModel.read(
        config, LlamaVariant.of(ARCHITECTURE, LlamaVariant.Feature.HEAD_NORM), LlamaDefaults.QWEN3);
  }
}
