package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.List;

/**
 * The shape of a decoder-only model: embedding, equal blocks, head, and what stands between. Holds
 * no weights.
 */
public interface LanguageModel extends Serializable {

  /** The architecture's name in {@code config.json}. */
  String architecture();

  /** Width H of the residual stream. */
  int hiddenSize();

  /** Number of decoder blocks. */
  int blockCount();

  /** Elements of one token's keys in a block, all heads together; its values have as many. */
  int keyValueSize();

  /** Number of token ids. */
  int vocabularySize();

  /** The longest sequence the model was made for, in tokens. */
  int maxPositions();

  /** The token that starts a document. */
  int beginToken();

  /** All weights of a block, in a fixed order, the same for every block. */
  List<WeightShape> blockWeights();

  /** The beginning of the names of a block's weights: {@code model.layers.3.} */
  String blockPrefix(int block);

  /** The name of a block, which names its tensors. */
  default BlockName blockName(int block) {
    return new BlockName(blockPrefix(block));
  }

  /** Checkpoint name of the token embedding, vocabulary × {@link #embeddingSize()}. */
  String embeddingName();

  /**
   * Checkpoint name of the head, vocabulary × {@link #embeddingSize()}; the embedding's if the head
   * is tied.
   */
  String headName();

  /** Where the checkpoint keeps the head, and whether that is the embedding. */
  HeadStorage head();

  /** The same model whose checkpoint keeps the head elsewhere. */
  LanguageModel withHead(HeadStorage storage);

  /** Width of embedding and head; hidden_size unless the model projects between the two. */
  int embeddingSize();

  /**
   * All weights outside the blocks but the embedding and the head, under their names in the
   * checkpoint: norms, projections, learned positions.
   */
  List<WeightShape> outerWeights();

  /**
   * A block with scratch memory for micro-batches of up to {@code maxTokens} rows.
   *
   * @param training whether {@link DecoderBlock#backward} will be called
   */
  DecoderBlock newBlock(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength, boolean training);

  /** The layers around the blocks, with scratch memory for up to {@code maxTokens} rows. */
  OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens);
}
