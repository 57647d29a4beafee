package io.coppice.model;

/** Shapes of models to test with. */
final class SmallModels {
  /** LLaMA itself. */
  static final LlamaVariant LLAMA = LlamaVariant.of("LlamaForCausalLM");

  private SmallModels() {}

  /** Two heads that share one key and value head. */
  static LlamaModel llama(int blocks, int hiddenSize, int vocabulary) {
    return new LlamaModel(
        new ModelSize(hiddenSize, 12, blocks, 32),
        new LlamaAttention(2, 1, hiddenSize / 2, rope(10000)),
        new Vocabulary(vocabulary, hiddenSize, 1, HeadStorage.TIED),
        1e-5f,
        LLAMA);
  }

  /** Frequencies that are not scaled. */
  static RopeParameters rope(double theta) {
    return new RopeParameters(theta, new RopeParameters.Scaling.None());
  }
}
