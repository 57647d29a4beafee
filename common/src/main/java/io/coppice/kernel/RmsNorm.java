package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

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
  private final int stride;
  private final PerWorker<Scratch> workers;
  private final RowSums weightSums;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final int tileRows;
    private final float[] input;
    private final float[] gradient;
    private final float[] inputGradient;
    private final float[] weight;
    private final float[] weightGradient;
    private final float[] reciprocals;

    Scratch(int stride) {
      tileRows = Math.max(1, TILE_ELEMENTS / stride);
      input = new float[tileRows * stride];
      gradient = new float[tileRows * stride];
      inputGradient = new float[tileRows * stride];
      weight = new float[stride];
      weightGradient = new float[stride];
      reciprocals = new float[tileRows];
    }
  }

  public RmsNorm(int hiddenSize, float epsilon, KernelPool pool) {
    this.hiddenSize = hiddenSize;
    this.epsilon = epsilon;
    stride = VectorMath.padded(hiddenSize);
    workers = new PerWorker<>(pool, () -> new Scratch(stride));
    weightSums = new RowSums(hiddenSize);
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
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) ->
            forwardRows(
                own,
                input.rows(first, count),
                weight,
                output.rows(first, count),
                reciprocalRms.columns(first, count)));
  }

  private void forwardRows(
      Scratch own, Tensor input, Tensor weight, Tensor output, Tensor reciprocalRms) {
    weight.readRow(0, own.weight);
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = Math.min(own.tileRows, input.rows() - row);
      input.readRows(row, count, 0, hiddenSize, own.input, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float squares = own.math.dot(own.input, offset, own.input, offset, hiddenSize);
        own.reciprocals[i] = (float) (1 / Math.sqrt(squares / hiddenSize + epsilon));
        own.math.scale(own.input, offset, own.reciprocals[i], own.weight, own.input, hiddenSize);
      }
      output.writeRows(row, count, 0, hiddenSize, own.input, stride);
      reciprocalRms.write(0, row, own.reciprocals, 0, count);
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
    weightSums.begin(input.rows());
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) -> {
          weight.readRow(0, own.weight);
          backwardRows(
              own,
              input.rows(first, count),
              reciprocalRms.columns(first, count),
              outputGradient.rows(first, count),
              inputGradient.rows(first, count));
          weightSums.put(first, own.weightGradient);
        });
    weightSums.addTo(weightGradient);
  }

  private void backwardRows(
      Scratch own,
      Tensor input,
      Tensor reciprocalRms,
      Tensor outputGradient,
      Tensor inputGradient) {
    Arrays.fill(own.weightGradient, 0);
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = readTiles(own, input, reciprocalRms, outputGradient, row);
      inputGradient.readRows(row, count, 0, hiddenSize, own.inputGradient, stride);
      for (int i = 0; i < count; i++) {
        int offset = i * stride;
        float r = own.reciprocals[i];
        float projection = own.math.dot(own.input, own.gradient, offset, own.weight, hiddenSize);
        float c = r * r * r * projection / hiddenSize;
        own.math.addProduct(own.gradient, own.input, offset, r, own.weightGradient, hiddenSize);
        own.math.addNormGradient(
            own.input, own.gradient, offset, own.weight, r, c, own.inputGradient, hiddenSize);
      }
      inputGradient.writeRows(row, count, 0, hiddenSize, own.inputGradient, stride);
    }
  }

  /** As {@link #backward} without the gradient of the input. */
  public void backwardWeight(
      Tensor input, Tensor reciprocalRms, Tensor outputGradient, Tensor weightGradient) {
    requireShapes(input, weightGradient, reciprocalRms);
    outputGradient.requireShape(input.rows(), hiddenSize);
    weightSums.begin(input.rows());
    workers.rows(
        input.rows(),
        hiddenSize,
        (own, first, count) -> {
          sumWeightGradient(
              own,
              input.rows(first, count),
              reciprocalRms.columns(first, count),
              outputGradient.rows(first, count));
          weightSums.put(first, own.weightGradient);
        });
    weightSums.addTo(weightGradient);
  }

  private void sumWeightGradient(
      Scratch own, Tensor input, Tensor reciprocalRms, Tensor outputGradient) {
    Arrays.fill(own.weightGradient, 0);
    for (int row = 0; row < input.rows(); row += own.tileRows) {
      int count = readTiles(own, input, reciprocalRms, outputGradient, row);
      for (int i = 0; i < count; i++) {
        own.math.addProduct(
            own.gradient,
            own.input,
            i * stride,
            own.reciprocals[i],
            own.weightGradient,
            hiddenSize);
      }
    }
  }

  private int readTiles(
      Scratch own, Tensor input, Tensor reciprocalRms, Tensor outputGradient, int row) {
    int count = Math.min(own.tileRows, input.rows() - row);
    input.readRows(row, count, 0, hiddenSize, own.input, stride);
    outputGradient.readRows(row, count, 0, hiddenSize, own.gradient, stride);
    reciprocalRms.read(0, row, own.reciprocals, 0, count);
    return count;
  }

  private void requireShapes(Tensor input, Tensor weight, Tensor reciprocalRms) {
    input.requireShape(input.rows(), hiddenSize);
    weight.requireShape(1, hiddenSize);
    reciprocalRms.requireShape(1, input.rows());
  }
}
