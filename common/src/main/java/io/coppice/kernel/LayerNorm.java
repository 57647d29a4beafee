package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
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
  private final int stride;
  private final PerWorker<Scratch> workers;
  private final RowSums weightSums;
  private final RowSums biasSums;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final int tileRows;
    private final float[] input;
    private final float[] gradient;
    private final float[] inputGradient;
    private final float[] ones;
    private final float[] weight;
    private final float[] bias;
    private final float[] weightGradient;
    private final float[] biasGradient;
    private final float[] means;
    private final float[] reciprocals;

    Scratch(int stride) {
      tileRows = Math.max(1, TILE_ELEMENTS / stride);
      input = new float[tileRows * stride];
      gradient = new float[tileRows * stride];
      inputGradient = new float[tileRows * stride];
      ones = new float[stride];
      weight = new float[stride];
      bias = new float[stride];
      weightGradient = new float[stride];
      biasGradient = new float[stride];
      means = new float[tileRows];
      reciprocals = new float[tileRows];
      Arrays.fill(ones, 1);
    }
  }

  public LayerNorm(int hiddenSize, float epsilon, KernelPool pool) {
    this.hiddenSize = hiddenSize;
    this.epsilon = epsilon;
    stride = VectorMath.padded(hiddenSize);
    workers = new PerWorker<>(pool, () -> new Scratch(stride));
    weightSums = new RowSums(hiddenSize);
    biasSums = new RowSums(hiddenSize);
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
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) -> {
          weight.readRow(0, own.weight);
          bias.readRow(0, own.bias);
          forwardRows(
              own,
              input.rows(first, count),
              output.rows(first, count),
              statistics.columns(first, count));
        });
  }

  private void forwardRows(Scratch own, Tensor input, Tensor output, Tensor statistics) {
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = Math.min(own.tileRows, input.rows() - row);
      input.readRows(row, count, 0, hiddenSize, own.input, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        own.means[i] = own.math.dot(own.input, offset, own.ones, 0, hiddenSize) / hiddenSize;
        own.math.shift(own.input, -own.means[i], offset, hiddenSize);
        float squares = own.math.dot(own.input, offset, own.input, offset, hiddenSize);
        own.reciprocals[i] = (float) (1 / Math.sqrt(squares / hiddenSize + epsilon));
        own.math.scale(own.input, offset, own.reciprocals[i], own.weight, own.input, hiddenSize);
        own.math.add(own.input, offset, own.bias, 0, hiddenSize);
      }
      output.writeRows(row, count, 0, hiddenSize, own.input, stride);
      statistics.write(0, row, own.means, 0, count);
      statistics.write(1, row, own.reciprocals, 0, count);
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
    requireGradients(input, outputGradient, weightGradient, biasGradient);
    beginSums(input.rows());
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) -> {
          weight.readRow(0, own.weight);
          backwardRows(
              own,
              input.rows(first, count),
              statistics.columns(first, count),
              outputGradient.rows(first, count),
              inputGradient.rows(first, count));
          putSums(first, own);
        });
    weightSums.addTo(weightGradient);
    biasSums.addTo(biasGradient);
  }

  private void backwardRows(
      Scratch own, Tensor input, Tensor statistics, Tensor outputGradient, Tensor inputGradient) {
    clearSums(own);
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = readTiles(own, input, statistics, outputGradient, row);
      inputGradient.readRows(row, count, 0, hiddenSize, own.inputGradient, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float r = own.reciprocals[i];
        addWeightGradients(own, i);
        float mean = own.math.dot(own.gradient, offset, own.weight, 0, hiddenSize) / hiddenSize;
        float projection = own.math.dot(own.input, own.gradient, offset, own.weight, hiddenSize);
        float c = r * r * r * projection / hiddenSize;
        own.math.addNormGradient(
            own.input, own.gradient, offset, own.weight, r, c, own.inputGradient, hiddenSize);
        own.math.shift(own.inputGradient, -r * mean, offset, hiddenSize);
      }
      inputGradient.writeRows(row, count, 0, hiddenSize, own.inputGradient, stride);
    }
  }

  /** As {@link #backward} without the gradient of the input. */
  public void backwardWeights(
      Tensor input,
      Tensor statistics,
      Tensor outputGradient,
      Tensor weightGradient,
      Tensor biasGradient) {
    requireShapes(input, weightGradient, statistics);
    requireGradients(input, outputGradient, weightGradient, biasGradient);
    beginSums(input.rows());
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) -> {
          sumWeightGradients(
              own,
              input.rows(first, count),
              statistics.columns(first, count),
              outputGradient.rows(first, count));
          putSums(first, own);
        });
    weightSums.addTo(weightGradient);
    biasSums.addTo(biasGradient);
  }

  private void sumWeightGradients(
      Scratch own, Tensor input, Tensor statistics, Tensor outputGradient) {
    clearSums(own);
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = readTiles(own, input, statistics, outputGradient, row);
      for (int i = 0; i < count; i++) {
        addWeightGradients(own, i);
      }
    }
  }

  /** Reads rows, of the input less their mean. */
  private int readTiles(
      Scratch own, Tensor input, Tensor statistics, Tensor outputGradient, int row) {
    int count = Math.min(own.tileRows, input.rows() - row);
    input.readRows(row, count, 0, hiddenSize, own.input, stride);
    outputGradient.readRows(row, count, 0, hiddenSize, own.gradient, stride);
    statistics.read(0, row, own.means, 0, count);
    statistics.read(1, row, own.reciprocals, 0, count);
    for (int i = 0; i < count; i++) {
      own.math.shift(own.input, -own.means[i], i * stride, hiddenSize);
    }
    return count;
  }

  private void addWeightGradients(Scratch own, int i) {
    int offset = i * stride;
    own.math.addProduct(
        own.gradient, own.input, offset, own.reciprocals[i], own.weightGradient, hiddenSize);
    own.math.add(own.biasGradient, 0, own.gradient, offset, hiddenSize);
  }

  private static void clearSums(Scratch own) {
    Arrays.fill(own.weightGradient, 0);
    Arrays.fill(own.biasGradient, 0);
  }

  private void beginSums(int rows) {
    weightSums.begin(rows);
    biasSums.begin(rows);
  }

  private void putSums(int firstRow, Scratch own) {
    weightSums.put(firstRow, own.weightGradient);
    biasSums.put(firstRow, own.biasGradient);
  }

  private void requireGradients(
      Tensor input, Tensor outputGradient, Tensor weightGradient, Tensor biasGradient) {
    outputGradient.requireShape(input.rows(), hiddenSize);
    weightGradient.requireShape(1, hiddenSize);
    biasGradient.requireShape(1, hiddenSize);
  }

  private void requireShapes(Tensor input, Tensor weight, Tensor statistics) {
    input.requireShape(input.rows(), hiddenSize);
    weight.requireShape(1, hiddenSize);
    statistics.requireShape(2, input.rows());
  }
}
