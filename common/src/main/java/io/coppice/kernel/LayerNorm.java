package io.coppice.kernel;

import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * Layer normalisation of rows: y = w ⊙ (x − μ) · r + b with μ = mean(x) and r = 1 / √(mean((x −
 * μ)²) + ε). Ba, Kiros and Hinton, arXiv 1607.06450.
 *
 * <p>Backward, with d = x − μ and g = dy ⊙ w: dx = r · (g − mean(g)) − d · r³ · (g · d) / H, dw = Σ
 * over rows of dy ⊙ d · r, db = Σ over rows of dy.
 */
public final class LayerNorm {
  private static final int TILE_ELEMENTS = 4096;

  private final int hiddenSize;
  private final float epsilon;
  private final VectorMath math = VectorMath.create();
  private final int stride;
  private final int tileRows;
  private final float[] inputTile;
  private final float[] gradientTile;
  private final float[] inputGradientTile;
  private final float[] ones;
  private final float[] weightRow;
  private final float[] biasRow;
  private final float[] weightGradientRow;
  private final float[] biasGradientRow;
  private final float[] means;
  private final float[] reciprocals;

  public LayerNorm(int hiddenSize, float epsilon) {
    this.hiddenSize = hiddenSize;
    this.epsilon = epsilon;
    stride = VectorMath.padded(hiddenSize);
    tileRows = Math.max(1, TILE_ELEMENTS / stride);
    inputTile = new float[tileRows * stride];
    gradientTile = new float[tileRows * stride];
    inputGradientTile = new float[tileRows * stride];
    ones = new float[stride];
    weightRow = new float[stride];
    biasRow = new float[stride];
    weightGradientRow = new float[stride];
    biasGradientRow = new float[stride];
    means = new float[tileRows];
    reciprocals = new float[tileRows];
    Arrays.fill(ones, 1);
  }

  /**
   * @param input n × H
   * @param weight 1 × H
   * @param bias 1 × H
   * @param output n × H; may be the input
   * @param statistics 2 × n, μ and r of each row, which the backward needs
   */
  public void forward(Tensor input, Tensor weight, Tensor bias, Tensor output, Tensor statistics) {
    requireShapes(input, weight, statistics);
    bias.requireShape(1, hiddenSize);
    output.requireShape(input.rows(), hiddenSize);
    weight.readRow(0, weightRow);
    bias.readRow(0, biasRow);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = Math.min(tileRows, input.rows() - row);
      input.readRows(row, count, 0, hiddenSize, inputTile, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        means[i] = math.dot(inputTile, offset, ones, 0, hiddenSize) / hiddenSize;
        math.shift(inputTile, -means[i], offset, hiddenSize);
        float squares = math.dot(inputTile, offset, inputTile, offset, hiddenSize);
        reciprocals[i] = (float) (1 / Math.sqrt(squares / hiddenSize + epsilon));
        math.scale(inputTile, offset, reciprocals[i], weightRow, inputTile, hiddenSize);
        math.add(inputTile, offset, biasRow, 0, hiddenSize);
      }
      output.writeRows(row, count, 0, hiddenSize, inputTile, stride);
      statistics.write(0, row, means, 0, count);
      statistics.write(1, row, reciprocals, 0, count);
    }
  }

  /**
   * Adds to all three gradients.
   *
   * @param input n × H, the input of the forward
   * @param weight 1 × H
   * @param statistics 2 × n, saved by the forward
   * @param outputGradient n × H
   * @param inputGradient n × H, added to; may be {@code outputGradient}
   * @param weightGradient 1 × H, added to
   * @param biasGradient 1 × H, added to
   */
  public void backward(
      Tensor input,
      Tensor weight,
      Tensor statistics,
      Tensor outputGradient,
      Tensor inputGradient,
      Tensor weightGradient,
      Tensor biasGradient) {
    requireShapes(input, weight, statistics);
    inputGradient.requireShape(input.rows(), hiddenSize);
    weight.readRow(0, weightRow);
    readWeightGradients(weightGradient, biasGradient);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = readTiles(input, statistics, outputGradient, row);
      inputGradient.readRows(row, count, 0, hiddenSize, inputGradientTile, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float r = reciprocals[i];
        addWeightGradients(i);
        float mean = math.dot(gradientTile, offset, weightRow, 0, hiddenSize) / hiddenSize;
        float projection = math.dot(inputTile, gradientTile, offset, weightRow, hiddenSize);
        float c = r * r * r * projection / hiddenSize;
        math.addNormGradient(
            inputTile, gradientTile, offset, weightRow, r, c, inputGradientTile, hiddenSize);
        math.shift(inputGradientTile, -r * mean, offset, hiddenSize);
      }
      inputGradient.writeRows(row, count, 0, hiddenSize, inputGradientTile, stride);
    }
    writeWeightGradients(weightGradient, biasGradient);
  }

  /** As {@link #backward} without the gradient of the input. */
  public void backwardWeights(
      Tensor input,
      Tensor statistics,
      Tensor outputGradient,
      Tensor weightGradient,
      Tensor biasGradient) {
    requireShapes(input, weightGradient, statistics);
    readWeightGradients(weightGradient, biasGradient);
    for (int row = 0; row < input.rows(); row += tileRows) {
      int count = readTiles(input, statistics, outputGradient, row);
      for (int i = 0; i < count; i++) {
        addWeightGradients(i);
      }
    }
    writeWeightGradients(weightGradient, biasGradient);
  }

  /** Reads rows, of the input less their mean. */
  private int readTiles(Tensor input, Tensor statistics, Tensor outputGradient, int row) {
    outputGradient.requireShape(input.rows(), hiddenSize);
    int count = Math.min(tileRows, input.rows() - row);
    input.readRows(row, count, 0, hiddenSize, inputTile, stride);
    outputGradient.readRows(row, count, 0, hiddenSize, gradientTile, stride);
    statistics.read(0, row, means, 0, count);
    statistics.read(1, row, reciprocals, 0, count);
    for (int i = 0; i < count; i++) {
      math.shift(inputTile, -means[i], i * stride, hiddenSize);
    }
    return count;
  }

  private void addWeightGradients(int i) {
    int offset = i * stride;
    math.addProduct(gradientTile, inputTile, offset, reciprocals[i], weightGradientRow, hiddenSize);
    math.add(biasGradientRow, 0, gradientTile, offset, hiddenSize);
  }

  private void readWeightGradients(Tensor weightGradient, Tensor biasGradient) {
    weightGradient.requireShape(1, hiddenSize);
    biasGradient.requireShape(1, hiddenSize);
    weightGradient.readRow(0, weightGradientRow);
    biasGradient.readRow(0, biasGradientRow);
  }

  private void writeWeightGradients(Tensor weightGradient, Tensor biasGradient) {
    weightGradient.writeRow(0, weightGradientRow);
    biasGradient.writeRow(0, biasGradientRow);
  }

  private void requireShapes(Tensor input, Tensor weight, Tensor statistics) {
    input.requireShape(input.rows(), hiddenSize);
    weight.requireShape(1, hiddenSize);
    statistics.requireShape(2, input.rows());
  }
}
