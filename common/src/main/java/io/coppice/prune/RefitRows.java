package io.coppice.prune;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Conjugate gradients for a block of a layer's rows, see {@link LayerRefit}. Products are float32,
 * sums along a row float64. One instance serves all blocks of a layer and allocates nothing per
 * row.
 */
final class RefitRows {
  /** The share of its start below which float32 allows r·z no further progress. */
  private static final double CONVERGED = 1e-12;

  private final Blas blas;
  private final FloatHessian hessian;
  private final Scratch scratch;
  private final float[] damping;
  private final float[] inverseDiagonal;
  private final float[] weights;
  private final float[] start;
  private final float[] direction;
  private final float[] product;
  private final float[] residual;
  private final double[] firstSlopes;
  private final double[] slopes;
  private final double[] damped;
  private final double[] errors;
  private double errorBefore;
  private double errorAfter;
  private double energy;

  /** Native memory for a block of rows. */
  record Scratch(Tensor start, Tensor direction, Tensor product, Tensor residual) {
    /** 16 · rows · columns bytes. */
    static Scratch allocate(int rows, int columns, Arena arena) {
      return new Scratch(
          arena.tensor(rows, columns),
          arena.tensor(rows, columns),
          arena.tensor(rows, columns),
          arena.tensor(rows, columns));
    }
  }

  /**
   * @param damping λ
   * @param scratch for the largest block
   */
  RefitRows(Blas blas, FloatHessian hessian, double damping, Scratch scratch) {
    this.blas = blas;
    this.hessian = hessian;
    this.scratch = scratch;
    int rows = scratch.start().rows();
    int columns = hessian.columns();
    this.damping = new float[columns];
    inverseDiagonal = new float[columns];
    for (int i = 0; i < columns; i++) {
      if (hessian.diagonal()[i] > 0) {
        this.damping[i] = (float) damping;
        inverseDiagonal[i] = (float) (1 / (hessian.diagonal()[i] + damping));
      }
    }
    weights = new float[columns];
    start = new float[columns];
    direction = new float[columns];
    product = new float[columns];
    residual = new float[columns];
    firstSlopes = new double[rows];
    slopes = new double[rows];
    damped = new double[rows];
    errors = new double[rows];
  }

  /** Σ D·H·D of the last block before the refit. */
  double errorBefore() {
    return errorBefore;
  }

  /** Σ D·H·D of the last block after the refit. */
  double errorAfter() {
    return errorAfter;
  }

  /** Σ W̄·H·W̄ of the last block. */
  double energy() {
    return energy;
  }

  /**
   * Refits a block in place.
   *
   * @param weight rows × columns, pruned
   * @param dense rows × columns
   */
  void refit(Tensor weight, Tensor dense, int iterations) {
    int rows = weight.rows();
    Tensor directions = scratch.direction().rows(0, rows);
    Tensor products = scratch.product().rows(0, rows);
    scratch.start().rows(0, rows).copyFrom(weight);
    blas.multiply(1, dense, hessian.values(), 0, products);
    energy = 0;
    for (int row = 0; row < rows; row++) {
      dense.readRow(row, weights);
      products.readRow(row, product);
      energy += dot(weights, product);
    }
    differences(weight, dense, directions);
    blas.multiply(1, directions, hessian.values(), 0, products);
    errorBefore = 0;
    for (int row = 0; row < rows; row++) {
      begin(row);
      errorBefore += errors[row];
    }
    for (int i = 0; i < iterations; i++) {
      blas.multiply(1, directions, hessian.values(), 0, products);
      for (int row = 0; row < rows; row++) {
        step(weight, row);
      }
    }
    differences(weight, dense, directions);
    blas.multiply(1, directions, hessian.values(), 0, products);
    errorAfter = 0;
    for (int row = 0; row < rows; row++) {
      errorAfter += keepTheBetter(weight, row);
    }
  }

  /** D = W̄ − W. */
  private void differences(Tensor weight, Tensor dense, Tensor destination) {
    for (int row = 0; row < weight.rows(); row++) {
      weight.readRow(row, weights);
      dense.readRow(row, direction);
      for (int i = 0; i < weights.length; i++) {
        direction[i] -= weights[i];
      }
      destination.writeRow(row, direction);
    }
  }

  /** Computes the first residual and direction of a row from D and D·H. */
  private void begin(int row) {
    scratch.direction().readRow(row, direction);
    scratch.product().readRow(row, product);
    scratch.start().readRow(row, start);
    errors[row] = dot(direction, product);
    damped[row] = errors[row] + dampedSquares(direction);
    double slope = 0;
    for (int i = 0; i < start.length; i++) {
      float r = start[i] == 0 ? 0 : product[i] + damping[i] * direction[i];
      float z = r * inverseDiagonal[i];
      slope += (double) r * z;
      residual[i] = r;
      direction[i] = z;
    }
    firstSlopes[row] = slope;
    slopes[row] = slope;
    scratch.residual().writeRow(row, residual);
    scratch.direction().writeRow(row, direction);
  }

  private void step(Tensor weight, int row) {
    if (!(slopes[row] > CONVERGED * firstSlopes[row])) {
      return;
    }
    scratch.direction().readRow(row, direction);
    scratch.product().readRow(row, product);
    double curvature = dot(direction, product) + dampedSquares(direction);
    if (!(curvature > 0)) {
      slopes[row] = 0;
      return;
    }
    weight.readRow(row, weights);
    scratch.residual().readRow(row, residual);
    float size = (float) (slopes[row] / curvature);
    double slope = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] += size * direction[i];
      // Outside the mask the direction is 0 and the residual is projected away.
      float r = weights[i] == 0 ? 0 : residual[i] - size * (product[i] + damping[i] * direction[i]);
      slope += (double) r * r * inverseDiagonal[i];
      residual[i] = r;
    }
    float turn = (float) (slope / slopes[row]);
    for (int i = 0; i < weights.length; i++) {
      direction[i] = residual[i] * inverseDiagonal[i] + turn * direction[i];
    }
    slopes[row] = slope;
    weight.writeRow(row, weights);
    scratch.residual().writeRow(row, residual);
    scratch.direction().writeRow(row, direction);
  }

  /**
   * Given the last D and D·H, restores a row that did not get better.
   *
   * @return the error D·H·D of the row
   */
  private double keepTheBetter(Tensor weight, int row) {
    scratch.direction().readRow(row, direction);
    scratch.product().readRow(row, product);
    double error = dot(direction, product);
    if (error + dampedSquares(direction) < damped[row]) {
      return error;
    }
    scratch.start().readRow(row, start);
    weight.writeRow(row, start);
    return errors[row];
  }

  private double dampedSquares(float[] row) {
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += (double) damping[i] * row[i] * row[i];
    }
    return sum;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
