package io.coppice.model;

/** Shapes of models to test with. */
final class SmallModels {
  private SmallModels() {}

  /** Two heads that share one key and value head. */
  static LlamaModel llama(int blocks, int hiddenSize, int vocabulary) {
    return new LlamaModel(
        hiddenSize, 12, blocks, 2, 1, hiddenSize / 2, vocabulary, 32, 1e-5f, 10000, true, 1);
  }
}
