package io.coppice.reconstruct;

import io.coppice.kernel.SampledCrossEntropy;
import io.coppice.model.BlockFactory;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;

/**
 * The gradient, by the last block's output, of the negative log-likelihood of labels that are drawn
 * from the model's own distributions of the next token, one at each position.
 *
 * <p>Memory: that of {@link FrozenHead}, and the logits of the tokens that are computed at a time.
 */
public final class LabelGradient {
  private final FrozenHead head;
  private final Precision precision;
  private final SampledCrossEntropy crossEntropy;
  private final Tensor logits;

  /**
   * @param windows the most that are computed in a call
   * @param arena provides all memory
   */
  public LabelGradient(BlockFactory factory, int windows, Arena arena) {
    int rows = FrozenHead.tokensAtATime(factory.model(), windows * factory.sequenceLength());
    int words = factory.model().vocabularySize();
    head = new FrozenHead(factory, rows, arena);
    precision = factory.precision();
    crossEntropy = new SampledCrossEntropy(words, factory.blas().pool());
    logits = arena.tensor(rows, words);
  }

  /** Reads the weights of head and norm, which the rest needs. */
  public void read(ModelInMemory.TensorSource source) {
    head.read(source);
  }

  /**
   * Computes the gradient of −Σ log p(label), over all rows.
   *
   * @param hidden n × hidden_size, X̄_L
   * @param points one for each row, from 0 to below 1: the label is the token at which the
   *     cumulative probabilities pass it
   * @param gradient of hidden's shape, overwritten
   */
  public void compute(Tensor hidden, double[] points, Tensor gradient) {
    gradient.zero();
    for (int first = 0; first < hidden.rows(); first += logits.rows()) {
      int count = Math.min(logits.rows(), hidden.rows() - first);
      Tensor some = hidden.rows(first, count);
      Tensor made = logits.rows(0, count);
      head.forward(some, precision, made);
      crossEntropy.gradient(made, points, first);
      head.backward(some, made, precision, gradient.rows(first, count));
    }
  }
}
