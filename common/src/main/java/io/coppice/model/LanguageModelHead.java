package io.coppice.model;

import io.coppice.kernel.VectorMath;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

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
    return losses(List.of(new Batch(hidden, targets)), outer, head).get(0);
  }

  /**
   * Rows that are computed together; the last bits of their losses depend on no other batch.
   *
   * @param hidden n × hidden_size, the last block's output; overwritten by scratch values
   * @param targets n token ids; a negative one means "no next token" and has a loss of 0
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Batch(Tensor hidden, int[] targets) {}

  /** As {@link #losses(Tensor, BlockWeights, WeightRows, int[])} for each of several batches. */
  public List<double[]> losses(List<Batch> batches, BlockWeights outer, WeightRows head) {
    int vocabulary = model.vocabularySize();
    int chunkRows = Math.min(VOCABULARY_CHUNK, vocabulary);
    try (Arena arena = Arena.unbounded("the language model head")) {
      List<Scored> scored =
          batches.stream()
              .map(batch -> new Scored(leave(batch.hidden(), outer, arena), batch.targets()))
              .toList();
      Tensor chunk = arena.tensor(chunkRows, model.embeddingSize());
      Tensor logits = arena.tensor(ROW_TILE, chunkRows);
      float[] row = VectorMath.tile(chunkRows);
      for (int first = 0; first < vocabulary; first += chunkRows) {
        Tensor words = chunk.rows(0, Math.min(chunkRows, vocabulary - first));
        head.read(first, words);
        for (Scored batch : scored) {
          add(batch, first, words, logits, row);
        }
      }
      return scored.stream().map(Scored::losses).toList();
    }
  }

  /** Adds the scores of a chunk of the vocabulary, from token {@code first} on. */
  private void add(Scored batch, int first, Tensor words, Tensor logits, float[] row) {
    for (int tile = 0; tile < batch.targets.length; tile += ROW_TILE) {
      int rows = Math.min(ROW_TILE, batch.targets.length - tile);
      Tensor scores = logits.rows(0, rows).columns(0, words.rows());
      blas.multiplyTransposedB(1, batch.input.rows(tile, rows), words, 0, scores);
      for (int i = 0; i < rows; i++) {
        scores.readRow(i, row);
        batch.add(tile + i, first, row, words.rows(), math);
      }
    }
  }

  /** A batch with what is known of its softmax so far. */
  private static final class Scored {
    private final Tensor input;
    private final int[] targets;
    private final double[] maximum;
    private final double[] sum;
    private final double[] targetLogit;

    Scored(Tensor input, int[] targets) {
      input.requireShape(targets.length, input.columns());
      this.input = input;
      this.targets = targets;
      maximum = new double[targets.length];
      sum = new double[targets.length];
      targetLogit = new double[targets.length];
      Arrays.fill(maximum, Double.NEGATIVE_INFINITY);
    }

    void add(int token, int first, float[] logits, int words, VectorMath math) {
      float highest = math.max(logits, 0, words);
      double newMaximum = Math.max(maximum[token], highest);
      sum[token] =
          sum[token] * Math.exp(maximum[token] - newMaximum)
              + Math.exp(highest - newMaximum) * math.sumOfExp(logits, 0, words, highest);
      maximum[token] = newMaximum;
      if (targets[token] >= first && targets[token] < first + words) {
        targetLogit[token] = logits[targets[token] - first];
      }
    }

    double[] losses() {
      double[] losses = new double[targets.length];
      for (int i = 0; i < losses.length; i++) {
        losses[i] = targets[i] < 0 ? 0 : maximum[i] + Math.log(sum[i]) - targetLogit[i];
      }
      return losses;
    }
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
