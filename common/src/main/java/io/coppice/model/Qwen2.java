package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;

/** Qwen2: LLaMA with biases on queries, keys and values (Yang et al. 2024, arXiv 2407.10671). */
final class Qwen2 {
  static final String ARCHITECTURE = "Qwen2ForCausalLM";

  /**
   * The {@code max_window_layers} that transformers assumes where {@code config.json} is silent.
   */
  private static final int DEFAULT_FIRST_WINDOW = 28;

  private Qwen2() {}

  /**
   * Reads {@code config.json}.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     a feature this family does not have
   */
  static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    requireFullAttention(config);
    return LlamaModel.read(
        config,
        LlamaVariant.of(ARCHITECTURE, LlamaVariant.Feature.QUERY_KEY_VALUE_BIAS),
        LlamaDefaults.QWEN2);
  }

  /**
   * Refuses sliding windows, which in Qwen's models only the blocks from {@code max_window_layers}
   * on have.
   */
  static void requireFullAttention(ConfigReader config) {
    boolean window = !config.isStated("sliding_window") || config.isPresent("sliding_window");
    int firstWithWindow = config.natural("max_window_layers", DEFAULT_FIRST_WINDOW);
    config.check(
        "use_sliding_window",
        !config.flag("use_sliding_window", false)
            || !window
            || firstWithWindow >= config.positive("num_hidden_layers"),
        "absent, null or false, or a max_window_layers of num_hidden_layers or more: windows in"
            + " some blocks only are not supported");
  }
}
