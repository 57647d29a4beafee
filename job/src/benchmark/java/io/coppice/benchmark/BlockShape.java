package io.coppice.benchmark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A LLaMA block and the batch that goes through it.
 *
 * @param windows in a batch
 * @param tokens of a window
 */
record BlockShape(
    int hiddenSize, int intermediateSize, int heads, int keyValueHeads, int windows, int tokens) {
  static final float NORM_EPSILON = 1e-5f;
  static final double ROPE_THETA = 10_000;

  /** From a toy model's to a 7B one's. */
  static List<BlockShape> all() {
    return List.of(
        new BlockShape(64, 172, 8, 8, 8, 128),
        new BlockShape(576, 1536, 9, 3, 4, 512),
        new BlockShape(1024, 2816, 16, 16, 1, 1024),
        new BlockShape(4096, 11008, 32, 32, 1, 1024));
  }

  /** Rows of the activations. */
  int rows() {
    return windows * tokens;
  }

  int headSize() {
    return hiddenSize / heads;
  }

  /** A model of such blocks whose head is its embedding. */
  LanguageModel model(int blocks, int vocabulary) {
    String config =
        """
        {"architectures": ["LlamaForCausalLM"], "hidden_size": %d, "intermediate_size": %d,
         "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
         "vocab_size": %d, "max_position_embeddings": %d, "rms_norm_eps": %s, "rope_theta": %s,
         "hidden_act": "silu", "tie_word_embeddings": true}
        """
            .formatted(
                hiddenSize,
                intermediateSize,
                blocks,
                heads,
                keyValueHeads,
                vocabulary,
                tokens,
                NORM_EPSILON,
                ROPE_THETA);
    try {
      return ModelFamilies.parse(new ObjectMapper().readTree(config));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A model of one block. */
  LanguageModel model() {
    return model(1, 8);
  }

  @Override
  public String toString() {
    return "hidden %d, ffn %d, heads %d/%d, %d x %d tokens"
        .formatted(hiddenSize, intermediateSize, heads, keyValueHeads, windows, tokens);
  }
}
