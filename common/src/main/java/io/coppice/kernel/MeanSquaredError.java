package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * The mean squared error between two tensors of one shape, which for activations of N windows of T
 * tokens and width H is the reconstruction error ‖p − t‖² / (N·T·H).
 *
 * <p>Differences and squares are float32; sums are in double in a fixed order, over runs of 256
 * elements that are added in float32, and pieces of rows by themselves.
 */
public final class MeanSquaredError {
  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] prediction = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] target = VectorMath.tile(Tiles.ELEMENTS);
  }

  public MeanSquaredError(KernelPool pool) {
    workers = new PerWorker<>(pool, Scratch::new);
  }

  /** The mean over all elements of (prediction − target)². */
  public double loss(Tensor prediction, Tensor target) {
    return sum(prediction, target, 1, Optional.empty()) / prediction.size();
  }

  /**
   * The <em>sum</em> of the squared differences; {@code predictionGradient = 2 (p − t) / divisor},
   * overwritten, which is the gradient of that sum ÷ divisor. The gradient may be written over
   * prediction or target.
   *
   * @param divisor the number of elements that the loss is a mean over, all micro-batches together
   */
  public double lossAndGradient(
      Tensor prediction, Tensor target, double divisor, Tensor predictionGradient) {
    predictionGradient.requireShape(prediction.rows(), prediction.columns());
    return sum(prediction, target, (float) (2 / divisor), Optional.of(predictionGradient));
  }

  private double sum(
      Tensor prediction, Tensor target, float factor, Optional<Tensor> predictionGradient) {
    target.requireShape(prediction.rows(), prediction.columns());
    int height = PerWorker.height(prediction.columns());
    double[] sums = new double[PerWorker.pieces(prediction.rows(), prediction.columns())];
    workers.rows(
        prediction.rows(),
        prediction.columns(),
        (scratch, first, count) ->
            sums[first / height] =
                sumOfRows(
                    scratch,
                    prediction.rows(first, count),
                    target.rows(first, count),
                    factor,
                    predictionGradient.map(gradient -> gradient.rows(first, count))));
    double sum = 0;
    for (double piece : sums) {
      sum += piece;
    }
    return sum;
  }

  private static double sumOfRows(
      Scratch own,
      Tensor prediction,
      Tensor target,
      float factor,
      Optional<Tensor> predictionGradient) {
    double sum = 0;
    int width = Tiles.width(prediction);
    int height = Tiles.height(prediction);
    for (int row = 0; row < prediction.rows(); row += height) {
      int count = Math.min(height, prediction.rows() - row);
      for (int column = 0; column < prediction.columns(); column += width) {
        int length = Math.min(width, prediction.columns() - column);
        prediction.readRows(row, count, column, length, own.prediction, length);
        target.readRows(row, count, column, length, own.target, length);
        sum += own.math.squaredDifference(own.prediction, own.target, factor, count * length);
        if (predictionGradient.isPresent()) {
          predictionGradient
              .orElseThrow()
              .writeRows(row, count, column, length, own.prediction, length);
        }
      }
    }
    return sum;
  }
}
