package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.List;

/**
 * The shape of a decoder-only model: embedding, equal blocks, head, and the layers in between.
 * Holds no weights.
 */
public interface LanguageModel extends Serializable {

  /** The architecture's name in {@code config.json}. */
  String architecture();

  /** The size of its blocks. */
  ModelSize size();

  /** Its tokens. */
  Vocabulary vocabulary();

  /** Width H of the residual stream. */
  default int hiddenSize() {
    return size().hiddenSize();
  }

  /** Number of decoder blocks. */
  default int blockCount() {
    return size().blockCount();
  }

  /** Elements of one token's keys in a block, all heads together; its values have as many. */
  int keyValueSize();

  /** Number of token ids. */
  default int vocabularySize() {
    return vocabulary().size();
  }

  /** The longest sequence the model was made for, in tokens. */
  default int maxPositions() {
    return size().maxPositions();
  }

  /** The token that starts a document. */
  default int beginToken() {
    return vocabulary().beginToken();
  }

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
   * Checkpoint name of the head, vocabulary × {@link #embeddingSize()}; that of the embedding if
   * the head is tied.
   */
  String headName();

  /** The place where the checkpoint keeps the head, which may be the embedding. */
  default HeadStorage head() {
    return vocabulary().head();
  }

  /** The same model with a checkpoint that keeps the head elsewhere. */
  LanguageModel withHead(HeadStorage storage);

  /** Width of embedding and head; hidden_size unless the model projects between the two. */
  default int embeddingSize() {
    return vocabulary().width();
  }

  /**
   * All weights outside the blocks except the embedding and the head, under their names in the
   * checkpoint: norms, projections, learned positions.
   */
  List<WeightShape> outerWeights();

  /** A block that computes in a workspace. */
  DecoderBlock newBlock(BlockWorkspace workspace);

  /** The layers around the blocks, with scratch memory for up to {@code maxTokens} rows. */
  OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens);

  /** The layers between the last block and the head, for gradients, as a workspace has room. */
  FinalLayers newFinalLayers(BlockWorkspace workspace);
}
