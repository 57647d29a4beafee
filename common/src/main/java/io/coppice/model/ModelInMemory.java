package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * All weights of a model in float32, for work that goes through all of them again and again. Only
 * read from, by any number of threads.
 *
 * @param embedding vocabulary_size × hidden_size
 * @param blocks by block
 * @param finalNorm 1 × hidden_size
 * @param head vocabulary_size × hidden_size; the same memory as the embedding if the head is tied
 */
public record ModelInMemory(
    LanguageModel model,
    Tensor embedding,
    List<BlockWeights> blocks,
    Tensor finalNorm,
    Tensor head) {
  public ModelInMemory {
    blocks = List.copyOf(blocks);
  }

  /** Reads one tensor of a checkpoint. */
  @FunctionalInterface
  public interface TensorSource {
    /**
     * @param name the tensor's name in the checkpoint
     * @param destination of the tensor's shape, overwritten
     */
    void read(String name, Tensor destination);
  }

  /** Reads everything. */
  public static ModelInMemory read(LanguageModel model, TensorSource source, Arena arena) {
    Tensor embedding = arena.tensor(model.vocabularySize(), model.hiddenSize());
    source.read(model.embeddingName(), embedding);
    Tensor finalNorm = arena.vector(model.hiddenSize());
    source.read(model.finalNormName(), finalNorm);
    Tensor head = embedding;
    if (!model.headName().equals(model.embeddingName())) {
      head = arena.tensor(model.vocabularySize(), model.hiddenSize());
      source.read(model.headName(), head);
    }
    List<BlockWeights> blocks =
        IntStream.range(0, model.blockCount())
            .mapToObj(block -> readBlock(model, block, source, arena))
            .toList();
    return new ModelInMemory(model, embedding, blocks, finalNorm, head);
  }

  private static BlockWeights readBlock(
      LanguageModel model, int block, TensorSource source, Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      source.read(model.blockPrefix(block) + shape.name(), weights.tensor(shape.name()));
    }
    return weights;
  }

  /** Bytes that {@link #read} takes. */
  public static long bytes(LanguageModel model) {
    long table = (long) model.vocabularySize() * model.hiddenSize();
    long tables = model.headName().equals(model.embeddingName()) ? table : 2 * table;
    return (tables + model.hiddenSize()) * Float.BYTES
        + model.blockCount() * BlockWeights.bytes(model.blockWeights());
  }
}
