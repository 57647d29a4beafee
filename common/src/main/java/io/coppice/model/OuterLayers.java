package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * The layers before a model's first block and after its last one, apart from the tables of
 * embedding and head, with their scratch memory. Belongs to one task.
 */
public interface OuterLayers {

  /**
   * Turns embedded tokens into the first block's input.
   *
   * @param weights the model's {@link LanguageModel#outerWeights()}
   * @param embedded n × {@link LanguageModel#embeddingSize()}: rows of the embedding
   * @param firstPosition the position of the sequences' first token, from 0
   * @param sequenceLength T, in tokens; row r is at position firstPosition + r mod T
   * @param output n × hidden_size, overwritten; may be {@code embedded} where the sizes are equal
   */
  void enter(
      BlockWeights weights, Tensor embedded, int firstPosition, int sequenceLength, Tensor output);

  /**
   * Turns the last block's output into the head's input.
   *
   * @param weights the model's {@link LanguageModel#outerWeights()}
   * @param hidden n × hidden_size, the last block's output; overwritten by scratch values
   * @param output n × {@link LanguageModel#embeddingSize()}, overwritten; may be {@code hidden}
   *     where the sizes are equal
   */
  void leave(BlockWeights weights, Tensor hidden, Tensor output);
}
