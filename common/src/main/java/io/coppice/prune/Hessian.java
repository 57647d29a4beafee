package io.coppice.prune;

import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Optional;
import org.apache.spark.ml.linalg.DenseMatrix;

/**
 * The Hessian of a linear layer's squared output error, H = 2/N · XᵀX, over N sequences of inputs X
 * (tokens × columns).
 *
 * <p>Each chunk is multiplied in float32 by {@link Blas}, a panel of columns at a time and the
 * upper triangle only, and added in float64. Memory: {@code 8 · columns²} bytes of heap and {@code
 * 4 · 256 · columns} of native memory; for 11008 columns 970 MB and 11 MB. The factor takes the
 * Hessian's place.
 */
public final class Hessian implements InputStatistics {
  private static final int PANEL = 256;
  private static final int MAX_COLUMNS = 46340;

  private final String input;
  private final int columns;
  private final Blas blas;
  private final Arena arena;
  private final Tensor products;
  private final PerWorker<float[]> rows;
  // Row-major, the upper triangle; column-major, as LAPACK and MLlib see it, the lower one.
  // Allocated when it is first needed, so that a Hessian that is only measured takes no heap.
  private double[] values = {};
  private long sequences;
  private double factorDamping;
  private Optional<InverseFactor> factor = Optional.empty();

  /**
   * @param input the name of the input, for messages
   * @param columns the width of the input, at most 46340
   * @param memory an arena, in a scope of which the native memory is taken until this is closed
   */
  public Hessian(String input, int columns, Blas blas, Arena memory) {
    if (columns > MAX_COLUMNS) {
      throw new IllegalArgumentException(
          "The Hessian of %s would have %d columns; a Java array holds at most %d squared"
              .formatted(input, columns, MAX_COLUMNS));
    }
    this.input = input;
    this.columns = columns;
    this.blas = blas;
    this.arena = memory.scope("the Hessian of " + input);
    this.products = arena.tensor(Math.min(PANEL, columns), columns);
    this.rows = new PerWorker<>(blas.pool(), () -> new float[columns]);
  }

  /** Bytes of Java heap that it takes once inputs are added. */
  public long heapBytes() {
    return heapBytes(columns);
  }

  /** The same of one with so many columns. */
  public static long heapBytes(int columns) {
    return (long) columns * columns * Double.BYTES;
  }

  private double[] values() {
    if (values.length == 0) {
      values = new double[columns * columns];
    }
    return values;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public void accumulate(Tensor inputs, int sequences) {
    requireUnfactored();
    inputs.requireShape(inputs.rows(), columns);
    for (int first = 0; first < columns; first += PANEL) {
      int count = Math.min(PANEL, columns - first);
      int width = columns - first;
      Tensor panel = products.rows(0, count).columns(0, width);
      blas.multiplyTransposedA(
          1, inputs.columns(first, count), inputs.columns(first, width), 0, panel);
      double[] sums = values();
      int start = first;
      rows.rows(
          count,
          width,
          (own, from, many) -> {
            for (int i = from; i < from + many; i++) {
              panel.read(i, i, own, 0, width - i);
              add(own, width - i, sums, (start + i) * columns + start + i);
            }
          });
    }
    this.sequences += sequences;
  }

  private static void add(float[] row, int length, double[] sums, int offset) {
    for (int i = 0; i < length; i++) {
      sums[offset + i] += row[i];
    }
  }

  /** A copy of H, both triangles; needs the same amount of memory again. */
  public DenseMatrix toMatrix() {
    requireUnfactored();
    double[] copy = values().clone();
    scale(copy, columns, 2.0 / Math.max(1, sequences));
    SymmetricMatrix.mirror(copy, columns);
    return new DenseMatrix(columns, columns, copy);
  }

  /**
   * A copy of H in float32, to be taken before the factor replaces it.
   *
   * @param copy columns × columns, overwritten
   * @throws io.coppice.failure.InvalidDataException if an input was NaN or infinite
   */
  public FloatHessian toFloat(Tensor copy) {
    requireUnfactored();
    copy.requireShape(columns, columns);
    double scale = 2.0 / Math.max(1, sequences);
    double[] sums = values();
    float[] row = rows.of(0);
    for (int i = 0; i < columns; i++) {
      InputChecks.requireFinite(input, i, sums[i * columns + i]);
      for (int j = i; j < columns; j++) {
        row[j] = (float) (scale * sums[i * columns + j]);
      }
      copy.write(i, i, row, i, columns - i);
    }
    SymmetricMatrix.mirror(copy);
    return new FloatHessian(copy);
  }

  private void requireUnfactored() {
    if (factor.isPresent()) {
      throw new IllegalStateException("The Hessian of " + input + " is factored already");
    }
  }

  /**
   * The factor of the damped inverse, which replaces H at the first call and is shared by all
   * layers that read this input.
   *
   * @param damping the share of the mean diagonal that is added to the diagonal; the same at each
   *     call
   */
  InverseFactor inverseFactor(double damping) {
    if (factor.isPresent() && damping != factorDamping) {
      throw new IllegalArgumentException(
          "The Hessian of %s was factored with damping %s, not %s"
              .formatted(input, factorDamping, damping));
    }
    if (factor.isEmpty()) {
      factorDamping = damping;
      scale(values(), columns, 2.0 / Math.max(1, sequences));
      factor =
          Optional.of(InverseFactor.of(input, new DenseMatrix(columns, columns, values), damping));
    }
    return factor.get();
  }

  private static void scale(double[] values, int columns, double factor) {
    for (int i = 0; i < columns; i++) {
      for (int j = i; j < columns; j++) {
        values[i * columns + j] *= factor;
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
