package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * The negative log-likelihood of target tokens under the softmax of logits: loss = log Σ exp(l) −
 * l_target, for each row of n × vocabularySize logits. Rows whose target is {@link #IGNORED} count
 * for nothing.
 */
public final class CrossEntropy {
  /** The target of a row that has none. */
  public static final int IGNORED = -1;

  private final int vocabularySize;
  private final VectorMath math = VectorMath.create();
  private final float[] row;
  private final float[] exponentials;
  private float sumOfExponentials;

  public CrossEntropy(int vocabularySize) {
    this.vocabularySize = vocabularySize;
    row = VectorMath.tile(vocabularySize);
    exponentials = VectorMath.tile(vocabularySize);
  }

  /** The sum of the losses of all rows, in double, in row order. */
  public double loss(Tensor logits, int[] targets) {
    requireShapes(logits, targets);
    double sum = 0;
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] != IGNORED) {
        sum += lossOfRow(logits, i, targets[i]);
      }
    }
    return sum;
  }

  /**
   * The loss of each row; 0 where the target is ignored.
   *
   * @param losses overwritten; one for each row
   */
  public void losses(Tensor logits, int[] targets, double[] losses) {
    requireShapes(logits, targets);
    for (int i = 0; i < targets.length; i++) {
      losses[i] = targets[i] == IGNORED ? 0 : lossOfRow(logits, i, targets[i]);
    }
  }

  /**
   * The sum of the losses; the logits are overwritten by the gradient of that sum ÷ divisor, which
   * is (softmax − one-hot) / divisor, and 0 in ignored rows.
   */
  public double lossAndGradient(Tensor logits, int[] targets, double divisor) {
    requireShapes(logits, targets);
    float factor = (float) (1 / divisor);
    double sum = 0;
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] == IGNORED) {
        logits.rows(i, 1).zero();
        continue;
      }
      sum += lossOfRow(logits, i, targets[i]);
      math.multiply(exponentials, factor / sumOfExponentials, 0, vocabularySize);
      exponentials[targets[i]] -= factor;
      logits.writeRow(i, exponentials);
    }
    return sum;
  }

  /** Leaves exp(l − max) and its sum in the fields. */
  private double lossOfRow(Tensor logits, int i, int target) {
    logits.readRow(i, row);
    float max = math.max(row, 0, vocabularySize);
    sumOfExponentials = math.exp(row, exponentials, 0, vocabularySize, max);
    return Math.log(sumOfExponentials) + ((double) max - row[target]);
  }

  private void requireShapes(Tensor logits, int[] targets) {
    logits.requireShape(targets.length, vocabularySize);
  }
}
