package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * The mean squared error between two tensors of one shape, which for activations of N windows of T
 * tokens and width H is the reconstruction error ‖p − t‖² / (N·T·H).
 *
 * <p>Differences and squares are float32; sums are in double in a fixed order, over runs of 256
 * elements that are added in float32.
 */
public final class MeanSquaredError {
  private final VectorMath math = VectorMath.create();
  private final float[] predictionTile = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] targetTile = VectorMath.tile(Tiles.ELEMENTS);

  /** The mean over all elements of (prediction − target)². */
  public double loss(Tensor prediction, Tensor target) {
    double sum = 0;
    int width = Tiles.width(prediction);
    int height = Tiles.height(prediction);
    target.requireShape(prediction.rows(), prediction.columns());
    for (int row = 0; row < prediction.rows(); row += height) {
      int count = Math.min(height, prediction.rows() - row);
      for (int column = 0; column < prediction.columns(); column += width) {
        sum += tile(prediction, target, row, count, column, 1);
      }
    }
    return sum / prediction.size();
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
    target.requireShape(prediction.rows(), prediction.columns());
    float factor = (float) (2 / divisor);
    double sum = 0;
    int width = Tiles.width(prediction);
    int height = Tiles.height(prediction);
    for (int row = 0; row < prediction.rows(); row += height) {
      int count = Math.min(height, prediction.rows() - row);
      for (int column = 0; column < prediction.columns(); column += width) {
        int length = Math.min(width, prediction.columns() - column);
        sum += tile(prediction, target, row, count, column, factor);
        predictionGradient.writeRows(row, count, column, length, predictionTile, length);
      }
    }
    return sum;
  }

  private double tile(
      Tensor prediction, Tensor target, int row, int count, int column, float factor) {
    int length = Math.min(Tiles.width(prediction), prediction.columns() - column);
    prediction.readRows(row, count, column, length, predictionTile, length);
    target.readRows(row, count, column, length, targetTile, length);
    return math.squaredDifference(predictionTile, targetTile, factor, count * length);
  }
}
