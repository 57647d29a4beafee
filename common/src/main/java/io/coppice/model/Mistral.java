package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.kernel.CausalAttention;

/** Mistral: LLaMA with attention to a sliding window (Jiang et al. 2023, arXiv 2310.06825). */
final class Mistral {
  static final String ARCHITECTURE = "MistralForCausalLM";

  /** The window that transformers assumes where {@code config.json} is silent. */
  private static final int DEFAULT_WINDOW = 4096;

  private Mistral() {}

  /**
   * Reads {@code config.json}; a {@code sliding_window} of null is none.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     a feature this family does not have
   */
  static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    config.forbid("attention_bias");
    int window =
        config.isStated("sliding_window")
            ? config.positive("sliding_window", CausalAttention.UNLIMITED)
            : DEFAULT_WINDOW;
    return LlamaModel.read(
        config, LlamaVariant.of(ARCHITECTURE).withSlidingWindow(window), LlamaDefaults.MISTRAL);
  }
}
