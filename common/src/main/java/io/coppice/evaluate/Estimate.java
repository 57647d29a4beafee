package io.coppice.evaluate;

import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A mean with its standard error.
 *
 * @param standardError sample deviation (by n − 1) ÷ √n; NaN for a single value
 */
public record Estimate(double mean, double standardError) {

  /** The mean of n values, and its standard error; summed in their order. */
  public static Estimate of(int n, IntToDoubleFunction value) {
    double mean = IntStream.range(0, n).mapToDouble(value).reduce(0, Double::sum) / n;
    return new Estimate(mean, standardError(n, i -> value.applyAsDouble(i) - mean));
  }

  /**
   * Σx ÷ Σy of n pairs. The standard error is that of the ratio's linear approximation (the delta
   * method): the one of the mean of x − ratio · y, ÷ the mean of y.
   */
  public static Estimate ratio(int n, IntToDoubleFunction x, IntToDoubleFunction y) {
    double sumOfX = IntStream.range(0, n).mapToDouble(x).reduce(0, Double::sum);
    double sumOfY = IntStream.range(0, n).mapToDouble(y).reduce(0, Double::sum);
    double ratio = sumOfX / sumOfY;
    double error = standardError(n, i -> x.applyAsDouble(i) - ratio * y.applyAsDouble(i));
    return new Estimate(ratio, error / (sumOfY / n));
  }

  /**
   * @param deviation of value i from the mean
   */
  private static double standardError(int n, IntToDoubleFunction deviation) {
    double squares =
        IntStream.range(0, n).mapToDouble(deviation).map(d -> d * d).reduce(0, Double::sum);
    return n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1)) / Math.sqrt(n);
  }
}
