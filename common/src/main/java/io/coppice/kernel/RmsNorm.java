package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * Root mean square normalisation of rows: y = w ⊙ x · r with r = 1 / √(mean(x²) + ε). Zhang and
 * Sennrich, arXiv 1910.07467.
 *
 * <p>Backward, with g = dy ⊙ w: dx = r · g − x · r³ · (g · x) / H and dw = Σ over rows of dy ⊙ x ·
 * r.
 */
public final class RmsNorm {
  private static final int TILE_ELEMENTS = 4096;

  private final int hiddenSize;
  private final float epsilon;
  private final VectorMath math = VectorMath.create();
  private final int stride;
  private final int tileRows;
  private final float[] inputTile;
  private final float[] gradientTile;
  private final float[] inputGradientTile;
  private final float[] weightRow;
  private final float[] weightGradientRow;
  private final float[] reciprocals;

  public RmsNorm(int hiddenSize, float epsilon) {
    this.hiddenSize = hiddenSize;
    this.epsilon = epsilon;
    stride = VectorMath.padded(hiddenSize);
    tileRows = Math.max(1, TILE_ELEMENTS / stride);
    inputTile = new float[tileRows * stride];
    gradientTile = new float[tileRows * stride];
    inputGradientTile = new float[tileRows * stride];
    weightRow = new float[stride];
    weightGradientRow = new float[stride];
    reciprocals = new float[tileRows];
  }

  /**
   * @param input n × H
   * @param weight 1 × H
   * @param output n × H; may be the input
   * @param reciprocalRms 1 × n, r of each row, which the backward needs
   */
  public void forward(Tensor input, Tensor weight, Tensor output, Tensor reciprocalRms) {
    requireShapes(input, weight, reciprocalRms);
    output.requireShape(input.rows(), hiddenSize);
    weight.readRow(0, weightRow);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = Math.min(tileRows, input.rows() - row);
      input.readRows(row, count, 0, hiddenSize, inputTile, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float squares = math.dot(inputTile, offset, inputTile, offset, hiddenSize);
        reciprocals[i] = (float) (1 / Math.sqrt(squares / hiddenSize + epsilon));
        math.scale(inputTile, offset, reciprocals[i], weightRow, inputTile, hiddenSize);
      }
      output.writeRows(row, count, 0, hiddenSize, inputTile, stride);
      reciprocalRms.write(0, row, reciprocals, 0, count);
    }
  }

  /**
   * Adds to both gradients.
   *
   * @param input n × H, the input of the forward
   * @param weight 1 × H
   * @param reciprocalRms 1 × n, saved by the forward
   * @param outputGradient n × H
   * @param inputGradient n × H, added to; may be {@code outputGradient}
   * @param weightGradient 1 × H, added to
   */
  public void backward(
      Tensor input,
      Tensor weight,
      Tensor reciprocalRms,
      Tensor outputGradient,
      Tensor inputGradient,
      Tensor weightGradient) {
    requireShapes(input, weight, reciprocalRms);
    outputGradient.requireShape(input.rows(), hiddenSize);
    inputGradient.requireShape(input.rows(), hiddenSize);
    weightGradient.requireShape(1, hiddenSize);
    weight.readRow(0, weightRow);
    weightGradient.readRow(0, weightGradientRow);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = readTiles(input, reciprocalRms, outputGradient, row);
      inputGradient.readRows(row, count, 0, hiddenSize, inputGradientTile, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float r = reciprocals[i];
        float projection = math.dot(inputTile, gradientTile, offset, weightRow, hiddenSize);
        float c = r * r * r * projection / hiddenSize;
        math.addProduct(gradientTile, inputTile, offset, r, weightGradientRow, hiddenSize);
        math.addNormGradient(
            inputTile, gradientTile, offset, weightRow, r, c, inputGradientTile, hiddenSize);
      }
      inputGradient.writeRows(row, count, 0, hiddenSize, inputGradientTile, stride);
    }
    weightGradient.writeRow(0, weightGradientRow);
  }

  /** As {@link #backward} without the gradient of the input. */
  public void backwardWeight(
      Tensor input, Tensor reciprocalRms, Tensor outputGradient, Tensor weightGradient) {
    requireShapes(input, weightGradient, reciprocalRms);
    outputGradient.requireShape(input.rows(), hiddenSize);
    weightGradient.readRow(0, weightGradientRow);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = readTiles(input, reciprocalRms, outputGradient, row);
      for (int i = 0; i < count; i++) {
        math.addProduct(
            gradientTile, inputTile, i * stride, reciprocals[i], weightGradientRow, hiddenSize);
      }
    }
    weightGradient.writeRow(0, weightGradientRow);
  }

  private int readTiles(Tensor input, Tensor reciprocalRms, Tensor outputGradient, int row) {
    int count = Math.min(tileRows, input.rows() - row);
    input.readRows(row, count, 0, hiddenSize, inputTile, stride);
    outputGradient.readRows(row, count, 0, hiddenSize, gradientTile, stride);
    reciprocalRms.read(0, row, reciprocals, 0, count);
    return count;
  }

  private void requireShapes(Tensor input, Tensor weight, Tensor reciprocalRms) {
    input.requireShape(input.rows(), hiddenSize);
    weight.requireShape(1, hiddenSize);
    reciprocalRms.requireShape(1, input.rows());
  }
}
