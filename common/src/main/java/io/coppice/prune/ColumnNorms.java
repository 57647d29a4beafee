package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Tensor;

/**
 * The squared norm of every input column, summed in float64. Takes {@code 8 · columns} bytes of
 * heap.
 */
public final class ColumnNorms implements InputStatistics {
  private final String input;
  private final double[] sums;
  private final float[] row;
  private long sequences;

  public ColumnNorms(String input, int columns) {
    this.input = input;
    this.sums = new double[columns];
    this.row = new float[columns];
  }

  @Override
  public int columns() {
    return sums.length;
  }

  @Override
  public void accumulate(Tensor inputs, int sequences) {
    inputs.requireShape(inputs.rows(), columns());
    for (int token = 0; token < inputs.rows(); token++) {
      inputs.readRow(token, row);
      addSquares(row, sums);
    }
    this.sequences += sequences;
  }

  private static void addSquares(float[] row, double[] sums) {
    for (int column = 0; column < sums.length; column++) {
      double value = row[column];
      sums[column] += value * value;
    }
  }

  /**
   * Per column, the root of the sum of squares per sequence: √(Σ x² / sequences).
   *
   * @throws InvalidDataException if an input was NaN or infinite
   */
  float[] norms() {
    float[] norms = new float[sums.length];
    double divisor = Math.max(1, sequences);
    for (int column = 0; column < norms.length; column++) {
      InputChecks.requireFinite(input, column, sums[column]);
      norms[column] = (float) Math.sqrt(sums[column] / divisor);
    }
    return norms;
  }

  @Override
  public void close() {}
}
