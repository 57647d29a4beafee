package io.coppice.reconstruct;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockFactory;
import io.coppice.prune.Hessian;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;

/**
 * The error eᵀ M e ÷ H of a token, e of hidden_size H being the difference of its activations from
 * the target, with a metric that weighs directions by what they do to the model's predictions: M =
 * (H · G ÷ tr G + δ I) ÷ (1 + δ), where G = E[g gᵀ] over the gradients g of the dense model's loss
 * by these activations. With M = I it is the mean squared error.
 *
 * <p>Memory: M, 4 · H² bytes (6 with bfloat16 products), and the activations of two micro-batches
 * (and a rounded one with bfloat16).
 */
public final class ErrorMetric {
  /** δ, the weight of directions that do nothing to the model's predictions. */
  private static final double DAMPING = 0.1;

  private final Blas blas;
  private final Precision precision;
  private final Linear linear;
  private final Elementwise elementwise;
  private final MeanSquaredError squares;
  private final FrozenMatrix matrix;
  private final OperandBuffer operand;
  private final Tensor differences;
  private final Tensor weighed;

  /**
   * @param windows the most that are compared in a call
   * @param arena provides all memory
   */
  ErrorMetric(BlockFactory factory, int windows, Arena arena) {
    blas = factory.blas();
    precision = factory.precision();
    linear = new Linear(blas);
    elementwise = new Elementwise(blas.pool());
    squares = new MeanSquaredError(blas.pool());
    int width = factory.model().hiddenSize();
    matrix = new FrozenMatrix(factory, width, width, arena);
    operand = OperandBuffer.allocate(precision, arena, windows * factory.sequenceLength(), width);
    differences = factory.activations(windows, arena);
    weighed = factory.activations(windows, arena);
  }

  /** Where M comes from. */
  @FunctionalInterface
  public interface Source {
    /**
     * @param matrix H × H, overwritten by M
     */
    void read(Tensor matrix);
  }

  /** Reads M, which the rest needs. */
  public void read(Source source) {
    matrix.read(source::read);
  }

  /**
   * Makes M of gradients.
   *
   * @param gradients sums of the outer products of gradients, all finite
   * @param matrix H × H, overwritten by M; the identity where all gradients are 0
   */
  public static void make(Hessian gradients, Tensor matrix) {
    gradients.toFloat(matrix);
    int width = matrix.columns();
    float[] row = new float[width];
    double trace = 0;
    for (int i = 0; i < width; i++) {
      matrix.readRow(i, row);
      trace += row[i];
    }
    double scale = trace > 0 ? width / trace / (1 + DAMPING) : 0;
    double diagonal = trace > 0 ? DAMPING / (1 + DAMPING) : 1;
    for (int i = 0; i < width; i++) {
      matrix.readRow(i, row);
      for (int j = 0; j < width; j++) {
        row[j] = (float) (scale * row[j] + (i == j ? diagonal : 0));
      }
      matrix.writeRow(i, row);
    }
  }

  /** Σ eᵀ M e over the rows, with float32 products. */
  double sum(Tensor output, Tensor target) {
    Tensor e = differences.rows(0, output.rows());
    Tensor product = weighed.rows(0, output.rows());
    squares.lossAndGradient(output, target, 2, e);
    linear.backwardInput(e, matrix.operand(Precision.FLOAT32), product, false);
    return elementwise.dot(e, product);
  }

  /**
   * The gradient of that sum ÷ divisor by the output, 2 e M ÷ divisor, with products as training
   * has them.
   *
   * @param divisor the number of elements that the loss is a mean over, all micro-batches together
   * @param outputGradient of the output's shape, overwritten
   */
  void gradient(Tensor output, Tensor target, double divisor, Tensor outputGradient) {
    Tensor e = differences.rows(0, output.rows());
    squares.lossAndGradient(output, target, divisor, e);
    linear.backwardInput(
        operand.of(e, precision, blas), matrix.operand(precision), outputGradient, false);
  }
}
