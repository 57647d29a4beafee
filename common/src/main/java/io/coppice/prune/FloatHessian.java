package io.coppice.prune;

import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * A Hessian's copy in float32, off-heap, both triangles: it remains after SparseGPT has factored
 * the Hessian in place, and it is multiplied by {@link io.coppice.tensor.Blas}. Takes {@code 4 ·
 * columns²} bytes.
 */
public final class FloatHessian {
  private final Tensor values;
  private final float[] diagonal;
  private final double meanDiagonal;

  /**
   * @param values columns × columns, symmetric
   */
  FloatHessian(Tensor values) {
    this.values = values;
    int columns = values.columns();
    diagonal = new float[columns];
    for (int i = 0; i < columns; i++) {
      values.read(i, i, diagonal, i, 1);
    }
    // A column without any input counts as 1, as in the damping of SparseGPT.
    meanDiagonal = Arrays.stream(toDoubles(diagonal)).map(d -> d == 0 ? 1 : d).average().orElse(1);
  }

  private static double[] toDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  int columns() {
    return diagonal.length;
  }

  /** H, columns × columns. */
  Tensor values() {
    return values;
  }

  /** The diagonal of H. */
  float[] diagonal() {
    return diagonal;
  }

  /** The value that is added to each diagonal element: a share of their mean. */
  double damping(double share) {
    return share * meanDiagonal;
  }
}
