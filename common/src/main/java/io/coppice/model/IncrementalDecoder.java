package io.coppice.model;

import io.coppice.kernel.Embedding;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Takes B sequences through a model one token at a time, with the keys and values of the tokens so
 * far kept in memory. Belongs to one task.
 */
public final class IncrementalDecoder {
  private final ModelInMemory weights;
  private final int capacity;
  private final DecoderBlock block;
  private final List<KeyValueCache> caches;
  private final OuterLayers outerLayers;
  private final Linear head;
  private final Embedding embedding;
  private final Tensor hidden;
  private final Tensor output;
  private final Tensor embedded;

  /**
   * @param arena provides the caches, {@link #bytes}, and a token's scratch memory
   * @param sequences B
   * @param capacity the most tokens of a sequence
   */
  public IncrementalDecoder(
      ModelInMemory weights, Blas blas, Arena arena, int sequences, int capacity) {
    LanguageModel model = weights.model();
    this.weights = weights;
    this.capacity = capacity;
    block = model.newBlock(BlockWorkspace.forInference(blas, arena, sequences, capacity));
    caches =
        IntStream.range(0, model.blockCount())
            .mapToObj(i -> KeyValueCache.allocate(model, arena, sequences, capacity))
            .toList();
    outerLayers = model.newOuterLayers(blas, arena, sequences);
    head = new Linear(blas);
    embedding = new Embedding(model.embeddingSize());
    hidden = arena.tensor(sequences, model.hiddenSize());
    output = arena.tensor(sequences, model.hiddenSize());
    embedded = arena.tensor(sequences, model.embeddingSize());
  }

  /** Bytes of the caches of all blocks. */
  public static long bytes(LanguageModel model, int sequences, int capacity) {
    return model.blockCount() * KeyValueCache.bytes(model, sequences, capacity);
  }

  /**
   * Scores the token after the given one, for every sequence.
   *
   * @param tokens the token id of each sequence at {@code position}: B of them
   * @param position from 0; the steps before it must have been made, and may be repeated
   * @param logits B × vocabulary_size, overwritten
   */
  public void step(int[] tokens, int position, Tensor logits) {
    if (position < 0 || position >= capacity) {
      throw new IllegalArgumentException(
          "Position %d is not in a cache of %d tokens".formatted(position, capacity));
    }
    embedding.forward(tokens, weights.embedding(), embedded);
    outerLayers.enter(weights.outer(), embedded, position, 1, hidden);
    for (int i = 0; i < caches.size(); i++) {
      block.decode(weights.blocks().get(i), hidden, position, caches.get(i), output);
      hidden.copyFrom(output);
    }
    outerLayers.leave(weights.outer(), hidden, embedded);
    head.forward(embedded, weights.head(), logits, false);
  }
}
