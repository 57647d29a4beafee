package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * Looks tokens up in an embedding table that is streamed, a few thousand rows in memory at a time.
 */
public final class TokenEmbedding {
  private static final int CHUNK_ROWS = 4096;

  private TokenEmbedding() {}

  /**
   * Writes row {@code ids[i]} of the table to row i of {@code output}.
   *
   * @param table vocabulary_size × hidden_size
   * @param output ids.length × hidden_size
   */
  public static void embed(LanguageModel model, WeightRows table, int[] ids, Tensor output) {
    output.requireShape(ids.length, model.hiddenSize());
    try (Arena arena = Arena.unbounded("the token embedding")) {
      Tensor chunk = arena.tensor(Math.min(CHUNK_ROWS, model.vocabularySize()), model.hiddenSize());
      float[] row = new float[model.hiddenSize()];
      for (int first = 0; first < model.vocabularySize(); first += chunk.rows()) {
        int count = Math.min(chunk.rows(), model.vocabularySize() - first);
        table.read(first, chunk.rows(0, count));
        for (int i = 0; i < ids.length; i++) {
          if (ids[i] >= first && ids[i] < first + count) {
            chunk.readRow(ids[i] - first, row);
            output.writeRow(i, row);
          }
        }
      }
    }
  }
}
