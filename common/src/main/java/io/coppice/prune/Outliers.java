package io.coppice.prune;

import io.coppice.tensor.Tensor;

/**
 * Counts a layer's outliers: weights whose score |w|·‖x‖₂, where x is the weight's input column,
 * exceeds a multiple of the layer's mean score (Yin et al., "Outlier Weighed Layerwise Sparsity
 * (OWL): A Missing Secret Sauce for Pruning LLMs to High Sparsity", arXiv 2310.05175, section 3).
 */
public final class Outliers {
  private Outliers() {}

  /**
   * The number of weights above {@code multiple} times the mean.
   *
   * @param layer the layer's name, for messages
   * @param weight out × in
   * @param norms of the layer's input
   * @throws io.coppice.failure.InvalidDataException if the input holds NaN or infinity
   */
  public static long count(String layer, Tensor weight, ColumnNorms norms, double multiple) {
    float[] columns = InputChecks.statistics(layer, weight, norms, ColumnNorms.class).norms();
    float[] row = new float[weight.columns()];
    double sum = 0;
    for (int i = 0; i < weight.rows(); i++) {
      weight.readRow(i, row);
      for (int j = 0; j < row.length; j++) {
        sum += score(row[j], columns[j]);
      }
    }
    double limit = multiple * sum / weight.size();
    long outliers = 0;
    for (int i = 0; i < weight.rows(); i++) {
      weight.readRow(i, row);
      for (int j = 0; j < row.length; j++) {
        outliers += score(row[j], columns[j]) > limit ? 1 : 0;
      }
    }
    return outliers;
  }

  private static double score(float weight, float norm) {
    return (double) Math.abs(weight) * norm;
  }
}
