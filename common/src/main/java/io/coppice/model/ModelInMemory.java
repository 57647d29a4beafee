package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * All weights of a model in float32, for work that needs all of them again and again. Read only, by
 * any number of threads.
 *
 * @param embedding vocabulary_size × {@link LanguageModel#embeddingSize()}
 * @param outer the model's {@link LanguageModel#outerWeights()}
 * @param blocks by block
 * @param head of the embedding's shape; the same memory if the head is tied
 */
public record ModelInMemory(
    LanguageModel model,
    Tensor embedding,
    BlockWeights outer,
    List<BlockWeights> blocks,
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

  /** Reads all weights. */
  public static ModelInMemory read(LanguageModel model, TensorSource source, Arena arena) {
    Tensor embedding = arena.tensor(model.vocabularySize(), model.embeddingSize());
    source.read(model.embeddingName(), embedding);
    BlockWeights outer = read(model.outerWeights(), WeightShape::name, source, arena);
    Tensor head = embedding;
    if (!model.headName().equals(model.embeddingName())) {
      head = arena.tensor(model.vocabularySize(), model.embeddingSize());
      source.read(model.headName(), head);
    }
    List<BlockWeights> blocks =
        IntStream.range(0, model.blockCount())
            .mapToObj(
                block -> read(model.blockWeights(), model.blockName(block)::of, source, arena))
            .toList();
    return new ModelInMemory(model, embedding, outer, blocks, head);
  }

  private static BlockWeights read(
      List<WeightShape> shapes,
      Function<WeightShape, String> names,
      TensorSource source,
      Arena arena) {
    BlockWeights weights = BlockWeights.allocate(shapes, arena);
    for (WeightShape shape : shapes) {
      source.read(names.apply(shape), weights.tensor(shape.name()));
    }
    return weights;
  }

  /** Bytes that {@link #read} takes. */
  public static long bytes(LanguageModel model) {
    long table = (long) model.vocabularySize() * model.embeddingSize();
    long tables = model.headName().equals(model.embeddingName()) ? table : 2 * table;
    return tables * Float.BYTES
        + BlockWeights.bytes(model.outerWeights())
        + model.blockCount() * BlockWeights.bytes(model.blockWeights());
  }
}
