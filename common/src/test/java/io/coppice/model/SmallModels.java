package io.coppice.model;

import io.coppice.kernel.CausalAttention;

/** Shapes of models to test with. */
final class SmallModels {
  /** LLaMA itself. */
  static final LlamaVariant LLAMA =
      new LlamaVariant("LlamaForCausalLM", false, false, CausalAttention.UNLIMITED);

  private SmallModels() {}

  /** Two heads that share one key and value head. */
  static LlamaModel llama(int blocks, int hiddenSize, int vocabulary) {
    return new LlamaModel(
        hiddenSize,
        12,
        blocks,
        2,
        1,
        hiddenSize / 2,
        vocabulary,
        32,
        1e-5f,
        rope(10000),
        HeadStorage.TIED,
        1,
        LLAMA);
  }

  /** Frequencies that are not scaled. */
  static RopeParameters rope(double theta) {
    return new RopeParameters(theta, new RopeParameters.Scaling.None());
  }
}
