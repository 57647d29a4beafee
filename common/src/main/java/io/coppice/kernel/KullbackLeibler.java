package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * The Kullback-Leibler divergence of distributions over a vocabulary, which are given by logits of
 * n × vocabulary_size, a row for each: KL(softmax z̄ ‖ softmax z) = Σ p̄ (z̄ − z) + log Σ exp z −
 * log Σ exp z̄ with p̄ = softmax z̄, in nats. Its gradient by z is softmax z − softmax z̄.
 *
 * <p>A row is read in tiles, with a running maximum and sums that follow it (Milakov and Gimelshein
 * 2018, arXiv 1805.02867). Sums of a tile are float32; over tiles and rows they are in double in a
 * fixed order.
 */
public final class KullbackLeibler {
  private final PerWorker<Scratch> workers;

  public KullbackLeibler(KernelPool pool) {
    workers = new PerWorker<>(pool, Scratch::new);
  }

  /**
   * The sum of the divergences of all rows.
   *
   * @param target z̄
   * @param logits z, of the same shape
   */
  public double loss(Tensor target, Tensor logits) {
    return sum(target, logits, Optional.empty());
  }

  /**
   * The same; the logits are overwritten by the gradient of that sum ÷ divisor.
   *
   * @param divisor the number of tokens that the loss is a mean over, all micro-batches together
   */
  public double lossAndGradient(Tensor target, Tensor logits, double divisor) {
    return sum(target, logits, Optional.of((float) (1 / divisor)));
  }

  private double sum(Tensor target, Tensor logits, Optional<Float> factor) {
    target.requireShape(logits.rows(), logits.columns());
    int height = PerWorker.height(logits.columns());
    double[] sums = new double[PerWorker.pieces(logits.rows(), logits.columns())];
    workers.rows(
        logits.rows(),
        logits.columns(),
        (own, first, count) -> {
          double sum = 0;
          for (int row = first; row < first + count; row++) {
            sum += own.divergence(target, logits, row);
            if (factor.isPresent()) {
              own.gradient(target, logits, row, factor.orElseThrow());
            }
          }
          sums[first / height] = sum;
        });
    double sum = 0;
    for (double piece : sums) {
      sum += piece;
    }
    return sum;
  }

  /** The tiles of one thread, and the sums of the row that it is at. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] target = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] logits = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] exponentials = VectorMath.tile(Tiles.ELEMENTS);
    private double targetMaximum;
    private double targetSum;
    private double maximum;
    private double sum;

    double divergence(Tensor targets, Tensor all, int row) {
      targetMaximum = Double.NEGATIVE_INFINITY;
      maximum = Double.NEGATIVE_INFINITY;
      targetSum = 0;
      sum = 0;
      double difference = 0;
      for (int column = 0; column < all.columns(); column += Tiles.ELEMENTS) {
        int length = read(targets, all, row, column);
        float highest = (float) Math.max(targetMaximum, math.max(target, 0, length));
        double carried = Math.exp(targetMaximum - highest);
        double added = math.exp(target, exponentials, 0, length, highest);
        math.squaredDifference(target, logits, 1, length);
        targetSum = targetSum * carried + added;
        difference = difference * carried + math.dot(exponentials, 0, target, 0, length);
        targetMaximum = highest;
        highest = (float) Math.max(maximum, math.max(logits, 0, length));
        sum = sum * Math.exp(maximum - highest) + math.sumOfExp(logits, 0, length, highest);
        maximum = highest;
      }
      return difference / targetSum + (maximum - targetMaximum) + Math.log(sum / targetSum);
    }

    /** For the row of the last {@link #divergence}. */
    void gradient(Tensor targets, Tensor all, int row, float factor) {
      float targetLog = (float) (targetMaximum + Math.log(targetSum));
      float log = (float) (maximum + Math.log(sum));
      for (int column = 0; column < all.columns(); column += Tiles.ELEMENTS) {
        int length = read(targets, all, row, column);
        math.exp(target, target, 0, length, targetLog);
        math.exp(logits, logits, 0, length, log);
        math.squaredDifference(logits, target, factor, length);
        all.write(row, column, logits, 0, length);
      }
    }

    private int read(Tensor targets, Tensor all, int row, int column) {
      int length = Math.min(Tiles.ELEMENTS, all.columns() - column);
      targets.read(row, column, target, 0, length);
      all.read(row, column, logits, 0, length);
      return length;
    }
  }
}
