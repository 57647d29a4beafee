package io.coppice.model;

import java.util.OptionalInt;

/**
 * The values of keys that {@code config.json} leaves out, where the families that share LLaMA's
 * block differ: the defaults of the transformers library's configuration classes.
 *
 * @param maxPositions {@code max_position_embeddings}, in tokens
 * @param keyValueHeads {@code num_key_value_heads}; empty for as many as there are heads
 * @param headSize {@code head_dim}; empty for hidden_size / num_attention_heads
 */
record LlamaDefaults(int maxPositions, OptionalInt keyValueHeads, OptionalInt headSize) {
  static final LlamaDefaults LLAMA =
      new LlamaDefaults(2048, OptionalInt.empty(), OptionalInt.empty());
  static final LlamaDefaults MISTRAL =
      new LlamaDefaults(131_072, OptionalInt.of(8), OptionalInt.empty());
  static final LlamaDefaults QWEN2 =
      new LlamaDefaults(32_768, OptionalInt.of(32), OptionalInt.empty());
  static final LlamaDefaults QWEN3 =
      new LlamaDefaults(32_768, OptionalInt.of(32), OptionalInt.of(128));
}
