package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * The step from tokens to the first block's input. The embedding table is streamed, a few thousand
 * rows in memory at a time.
 */
public final class TokenEmbedding {
  private static final int CHUNK_ROWS = 4096;

  private final LanguageModel model;
  private final Blas blas;

  public TokenEmbedding(LanguageModel model, Blas blas) {
    this.model = model;
    this.blas = blas;
  }

  /**
   * Embeds windows of tokens, each from position 0 on.
   *
   * @param table vocabulary_size × {@link LanguageModel#embeddingSize()}
   * @param outer the model's {@link LanguageModel#outerWeights()}
   * @param ids the windows' tokens, one window after the other
   * @param sequenceLength T, tokens of a window
   * @param output ids.length × hidden_size, overwritten
   */
  public void embed(
      WeightRows table, BlockWeights outer, int[] ids, int sequenceLength, Tensor output) {
    output.requireShape(ids.length, model.hiddenSize());
    try (Arena arena = Arena.unbounded("the token embedding")) {
      Tensor embedded =
          model.embeddingSize() == model.hiddenSize()
              ? output
              : arena.tensor(ids.length, model.embeddingSize());
      lookUp(table, ids, embedded, arena);
      model
          .newOuterLayers(blas, arena, ids.length)
          .enter(outer, embedded, 0, sequenceLength, output);
    }
  }

  /**
   * Embeds packed sequences, each from position 0 on.
   *
   * @param table as above
   * @param outer as above
   * @param ids the tokens by row
   * @param packed says which rows are which sequence's
   * @param output rows × hidden_size, overwritten
   */
  public void embedPacked(
      WeightRows table, BlockWeights outer, int[] ids, PackedSequences packed, Tensor output) {
    output.requireShape(packed.rows(), model.hiddenSize());
    try (Arena arena = Arena.unbounded("the token embedding")) {
      Tensor embedded = arena.tensor(ids.length, model.embeddingSize());
      lookUp(table, ids, embedded, arena);
      OuterLayers layers = model.newOuterLayers(blas, arena, packed.longest());
      for (PackedSequences.Sequence rows : packed.sequences()) {
        layers.enter(
            outer,
            embedded.rows(rows.row(), rows.own()),
            rows.shared(),
            rows.own(),
            output.rows(rows.row(), rows.own()));
      }
    }
  }

  /** Writes row {@code ids[i]} of the table to row i of {@code embedded}. */
  private void lookUp(WeightRows table, int[] ids, Tensor embedded, Arena arena) {
    Tensor chunk = arena.tensor(Math.min(CHUNK_ROWS, model.vocabularySize()), embedded.columns());
    float[] row = new float[embedded.columns()];
    for (int first = 0; first < model.vocabularySize(); first += chunk.rows()) {
      int count = Math.min(chunk.rows(), model.vocabularySize() - first);
      table.read(first, chunk.rows(0, count));
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] >= first && ids[i] < first + count) {
          chunk.readRow(ids[i] - first, row);
          embedded.writeRow(i, row);
        }
      }
    }
  }
}
