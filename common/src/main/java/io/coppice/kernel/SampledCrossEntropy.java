package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/**
 * The gradient of the negative log-likelihood of labels that are drawn from the distributions
 * themselves, softmax z of n × vocabulary_size logits, one label a row. Its mean is 0, and that of
 * its outer products the Fisher information of z.
 *
 * <p>The label of a row is the token at which the cumulative probabilities, in the order of tokens,
 * pass a given point; they are summed in double.
 */
public final class SampledCrossEntropy {
  private final int vocabularySize;
  private final PerWorker<Scratch> workers;

  /** The row of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] row;

    Scratch(int vocabularySize) {
      row = VectorMath.tile(vocabularySize);
    }
  }

  public SampledCrossEntropy(int vocabularySize, KernelPool pool) {
    this.vocabularySize = vocabularySize;
    workers = new PerWorker<>(pool, () -> new Scratch(vocabularySize));
  }

  /**
   * Overwrites the logits by the gradient of −Σ log softmax(z)_label: softmax z − one-hot.
   *
   * @param points one for each row, from 0 to below 1
   * @param first the place of the first row's point
   */
  public void gradient(Tensor logits, double[] points, int first) {
    logits.requireShape(logits.rows(), vocabularySize);
    workers.rows(
        logits.rows(),
        vocabularySize,
        (own, from, count) -> {
          for (int i = from; i < from + count; i++) {
            gradientOfRow(own, logits, i, points[first + i]);
          }
        });
  }

  private void gradientOfRow(Scratch own, Tensor logits, int i, double point) {
    float[] row = own.row;
    logits.readRow(i, row);
    float max = own.math.max(row, 0, vocabularySize);
    float sum = own.math.exp(row, row, 0, vocabularySize, max);
    int label = label(row, point);
    own.math.multiply(row, 1 / sum, 0, vocabularySize);
    row[label] -= 1;
    logits.writeRow(i, row);
  }

  private int label(float[] weights, double point) {
    double total = 0;
    for (int token = 0; token < vocabularySize; token++) {
      total += weights[token];
    }
    double target = point * total;
    double sum = 0;
    for (int token = 0; token < vocabularySize; token++) {
      sum += weights[token];
      if (sum > target) {
        return token;
      }
    }
    return vocabularySize - 1;
  }
}
