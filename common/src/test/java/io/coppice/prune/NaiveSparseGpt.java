package io.coppice.prune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * SparseGPT without its tricks, in double: an explicit inverse, one column eliminated at a time,
 * all columns to the right updated at once, no factor and no lazy blocks; the mask by sorting.
 */
final class NaiveSparseGpt {
  private NaiveSparseGpt() {}

  static double[][] prune(Layer layer, SparsityPattern pattern, int blockSize, double damping) {
    int rows = layer.weight().rows();
    int columns = layer.weight().columns();
    double[][] weight = new double[rows][columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        weight[row][column] = layer.weight().get(row, column);
      }
    }
    // inverses[i] is the inverse of the Hessian of columns i and later.
    double[][][] inverses = remainingInverses(dampedHessian(layer, damping));
    boolean[][] pruned = new boolean[rows][columns];
    for (int column = 0; column < columns; column++) {
      if (pattern instanceof Unstructured unstructured && column % blockSize == 0) {
        int end = Math.min(columns, column + blockSize);
        long count =
            unstructured.pruned((long) rows * end) - unstructured.pruned((long) rows * column);
        choose(weight, inverses, new Cells(0, rows, column, end), count, pruned);
      }
      if (pattern instanceof SemiStructured groups && column % groups.group() == 0) {
        for (int row = 0; row < rows; row++) {
          int end = column + groups.group();
          Cells group = new Cells(row, row + 1, column, end);
          choose(weight, inverses, group, groups.pruned(), pruned);
        }
      }
      for (int row = 0; row < rows; row++) {
        if (pruned[row][column]) {
          double step = weight[row][column] / inverses[column][column][column];
          for (int j = column + 1; j < columns; j++) {
            weight[row][j] -= step * inverses[column][column][j];
          }
          weight[row][column] = 0;
        }
      }
    }
    return weight;
  }

  /** A rectangle of a weight. */
  private record Cells(int firstRow, int endRow, int firstColumn, int endColumn) {}

  /** Marks the lowest {@code count} of some cells. */
  private static void choose(
      double[][] weight, double[][][] inverses, Cells cells, long count, boolean[][] pruned) {
    record Candidate(int row, int column, double score) {}
    List<Candidate> candidates = new ArrayList<>();
    for (int row = cells.firstRow(); row < cells.endRow(); row++) {
      for (int column = cells.firstColumn(); column < cells.endColumn(); column++) {
        double w = weight[row][column];
        candidates.add(new Candidate(row, column, w * w / inverses[column][column][column]));
      }
    }
    candidates.sort(Comparator.comparingDouble(Candidate::score));
    candidates.stream().limit(count).forEach(c -> pruned[c.row()][c.column()] = true);
  }

  private static double[][] dampedHessian(Layer layer, double damping) {
    int n = layer.inputs().columns();
    double[][] hessian = new double[n][n];
    for (int token = 0; token < layer.inputs().rows(); token++) {
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          hessian[i][j] +=
              2.0 * layer.inputs().get(token, i) * layer.inputs().get(token, j) / layer.sequences();
        }
      }
    }
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += hessian[i][i];
    }
    for (int i = 0; i < n; i++) {
      hessian[i][i] += damping * trace / n;
    }
    return hessian;
  }

  private static double[][][] remainingInverses(double[][] hessian) {
    int n = hessian.length;
    double[][][] inverses = new double[n][][];
    double[][] inverse = invert(hessian);
    for (int i = 0; i < n; i++) {
      inverses[i] = inverse;
      double[][] next = new double[n][n];
      for (int j = i + 1; j < n; j++) {
        for (int k = i + 1; k < n; k++) {
          next[j][k] = inverse[j][k] - inverse[j][i] * inverse[i][k] / inverse[i][i];
        }
      }
      inverse = next;
    }
    return inverses;
  }

  /** Gauss-Jordan; a positive definite matrix needs no pivoting. */
  private static double[][] invert(double[][] matrix) {
    int n = matrix.length;
    double[][] left = new double[n][];
    double[][] right = new double[n][n];
    for (int i = 0; i < n; i++) {
      left[i] = matrix[i].clone();
      right[i][i] = 1;
    }
    for (int i = 0; i < n; i++) {
      double pivot = left[i][i];
      for (int k = 0; k < n; k++) {
        left[i][k] /= pivot;
        right[i][k] /= pivot;
      }
      for (int j = 0; j < n; j++) {
        double factor = left[j][i];
        for (int k = 0; j != i && k < n; k++) {
          left[j][k] -= factor * left[i][k];
          right[j][k] -= factor * right[i][k];
        }
      }
    }
    return right;
  }
}
