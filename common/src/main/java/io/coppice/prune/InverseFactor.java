package io.coppice.prune;

import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.BlasProvider;
import java.util.BitSet;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.netlib.util.intW;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The upper triangular U with UᵀU = (H + λI)⁻¹: row i of U, divided by its diagonal element, says
 * how the columns after i compensate for the loss in column i (Frantar and Alistarh, "SparseGPT",
 * arXiv 2301.00774, section 3.3).
 *
 * <p>A column without any input is dead: its diagonal element is set to 1 before damping, as in the
 * original. λ is a share of the mean diagonal, dead columns included, and is multiplied by 10 until
 * H + λI is positive definite.
 *
 * <p>LAPACK works on a Java array, so the garbage collector waits while it runs: 1 s for 4096
 * columns, about 15 s for 11008.
 */
final class InverseFactor {
  private static final Logger LOG = LoggerFactory.getLogger(InverseFactor.class);
  private static final double DAMPING_STEP = 10;
  private static final double MAX_DAMPING = 10;

  private final double[] values;
  private final int columns;
  private final BitSet dead;
  private final double damping;

  private InverseFactor(double[] values, int columns, BitSet dead, double damping) {
    this.values = values;
    this.columns = columns;
    this.dead = dead;
    this.damping = damping;
  }

  /**
   * Factors {@code hessian} in place.
   *
   * @param hessian its lower triangle, column-major, is read
   * @throws InvalidDataException if it holds NaN or infinity, or stays indefinite at λ of ten times
   *     its mean diagonal
   */
  static InverseFactor of(String input, DenseMatrix hessian, double damping) {
    int n = hessian.numCols();
    double[] values = hessian.values();
    double[] diagonal = new double[n];
    BitSet dead = new BitSet(n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      // |h_ij| ≤ √(h_ii·h_jj), so the diagonal shows any value that is not finite.
      InputChecks.requireFinite(input, i, values[i * n + i]);
      diagonal[i] = values[i * n + i];
      if (diagonal[i] == 0) {
        dead.set(i);
        diagonal[i] = 1;
      }
      sum += diagonal[i];
    }
    SymmetricMatrix.mirror(values, n);
    for (double share = damping; share <= MAX_DAMPING; share *= DAMPING_STEP) {
      for (int i = 0; i < n; i++) {
        values[i * n + i] = diagonal[i] + share * sum / n;
      }
      if (factorAndInvert(values, n)) {
        return new InverseFactor(values, n, dead, share);
      }
      LOG.warn("The Hessian of {} is not positive definite at damping {}", input, share);
      SymmetricMatrix.restore(values, n);
    }
    throw new InvalidDataException(
        "The Hessian of %s stays indefinite at any damping up to %s times its mean diagonal; more"
                .formatted(input, MAX_DAMPING)
            + " or other calibration text may help, and magnitude and wanda do not need it");
  }

  /**
   * Leaves U in the row-major upper triangle, which is the column-major lower one.
   *
   * <p>H = VVᵀ with V upper triangular gives U = V⁻¹, so H⁻¹ itself is not needed. LAPACK factors
   * the other way round: RᵀR with R upper triangular, of H with its rows and columns in reverse
   * order, which is the array in reverse order; reversed again, its R⁻¹ is Uᵀ, column-major.
   */
  private static boolean factorAndInvert(double[] values, int n) {
    BlasProvider.loadLibraries();
    LAPACK lapack = LAPACK.getInstance();
    intW info = new intW(0);
    reverse(values);
    lapack.dpotrf("U", n, values, n, info);
    if (info.val == 0) {
      lapack.dtrtri("U", "N", n, values, n, info);
    }
    reverse(values);
    return info.val == 0;
  }

  private static void reverse(double[] values) {
    for (int i = 0, j = values.length - 1; i < j; i++, j--) {
      double value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /** Columns without any input. */
  BitSet deadColumns() {
    return dead;
  }

  /** The share of the mean diagonal that was added. */
  double damping() {
    return damping;
  }

  /** The diagonal of (H + λI)⁻¹: of column j, Σ u_ij² over the rows i up to j. */
  double[] inverseDiagonal() {
    double[] diagonal = new double[columns];
    for (int row = 0; row < columns; row++) {
      for (int column = row; column < columns; column++) {
        double value = values[row * columns + column];
        diagonal[column] += value * value;
      }
    }
    return diagonal;
  }

  /** Writes elements {@code [column, column + length)} of a row of U; column ≥ row. */
  void read(int row, int column, float[] destination, int offset, int length) {
    int start = row * columns + column;
    for (int i = 0; i < length; i++) {
      destination[offset + i] = (float) values[start + i];
    }
  }
}
