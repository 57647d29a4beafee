package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.kernel.CausalAttention;

/** Qwen2: LLaMA with biases on queries, keys and values (Yang et al. 2024, arXiv 2407.10671). */
final class Qwen2 {
  static final String ARCHITECTURE = "Qwen2ForCausalLM";

  private Qwen2() {}

  /**
   * Reads {@code config.json}.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     something this family does not do
   */
  static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    requireFullAttention(config);
    return LlamaModel.read(
        config, new LlamaVariant(ARCHITECTURE, true, false, CausalAttention.UNLIMITED));
  }

  /** Refuses sliding windows, which in Qwen's models differ between blocks. */
  static void requireFullAttention(ConfigReader config) {
    config.forbid("use_sliding_window");
    config.requireAll("layer_types", "full_attention");
  }
}
