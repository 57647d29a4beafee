package io.coppice.model;

import io.coppice.kernel.VectorMath;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * The head of a model with the layers before it: from the last block's activations to the loss of
 * each token.
 *
 * <p>The head is streamed over the vocabulary, with a running maximum and sum of exponentials for
 * every row (Milakov and Gimelshein 2018, arXiv 1805.02867), so neither the head nor the logits are
 * ever in memory as a whole.
 */
public final class LanguageModelHead {
  private static final int VOCABULARY_CHUNK = 4096;
  private static final int ROW_TILE = 256;

  private final LanguageModel model;
  private final Blas blas;
  private final VectorMath math = VectorMath.create();

  public LanguageModelHead(LanguageModel model, Blas blas) {
    this.model = model;
    this.blas = blas;
  }

  /**
   * Negative log-likelihood, in nats, of each row's next token.
   *
   * @param hidden n × hidden_size, the last block's output; overwritten by scratch values
   * @param outer the model's {@link LanguageModel#outerWeights()}
   * @param head vocabulary_size × {@link LanguageModel#embeddingSize()}
   * @param targets n token ids; a negative one means "no next token" and has a loss of 0
   */
  public double[] losses(Tensor hidden, BlockWeights outer, WeightRows head, int[] targets) {
    hidden.requireShape(targets.length, model.hiddenSize());
    int vocabulary = model.vocabularySize();
    int chunkRows = Math.min(VOCABULARY_CHUNK, vocabulary);
    double[] maximum = new double[targets.length];
    double[] sum = new double[targets.length];
    double[] targetLogit = new double[targets.length];
    Arrays.fill(maximum, Double.NEGATIVE_INFINITY);
    try (Arena arena = Arena.unbounded("the language model head")) {
      Tensor scored = leave(hidden, outer, arena);
      Tensor chunk = arena.tensor(chunkRows, model.embeddingSize());
      Tensor logits = arena.tensor(ROW_TILE, chunkRows);
      float[] row = VectorMath.tile(chunkRows);
      for (int first = 0; first < vocabulary; first += chunkRows) {
        int words = Math.min(chunkRows, vocabulary - first);
        head.read(first, chunk.rows(0, words));
        for (int tile = 0; tile < targets.length; tile += ROW_TILE) {
          int rows = Math.min(ROW_TILE, targets.length - tile);
          Tensor scores = logits.rows(0, rows).columns(0, words);
          blas.multiplyTransposedB(1, scored.rows(tile, rows), chunk.rows(0, words), 0, scores);
          for (int i = 0; i < rows; i++) {
            scores.readRow(i, row);
            int token = tile + i;
            float highest = math.max(row, 0, words);
            double newMaximum = Math.max(maximum[token], highest);
            sum[token] =
                sum[token] * Math.exp(maximum[token] - newMaximum)
                    + Math.exp(highest - newMaximum) * math.sumOfExp(row, 0, words, highest);
            maximum[token] = newMaximum;
            if (targets[token] >= first && targets[token] < first + words) {
              targetLogit[token] = row[targets[token] - first];
            }
          }
        }
      }
    }
    double[] losses = new double[targets.length];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = targets[i] < 0 ? 0 : maximum[i] + Math.log(sum[i]) - targetLogit[i];
    }
    return losses;
  }

  /** The input of the head. */
  private Tensor leave(Tensor hidden, BlockWeights outer, Arena arena) {
    Tensor scored =
        model.embeddingSize() == model.hiddenSize()
            ? hidden
            : arena.tensor(hidden.rows(), model.embeddingSize());
    model.newOuterLayers(blas, arena, hidden.rows()).leave(outer, hidden, scored);
    return scored;
  }
}
