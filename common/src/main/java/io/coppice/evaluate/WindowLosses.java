package io.coppice.evaluate;

import java.util.Arrays;

/**
 * The losses that a model's perplexity on a text is made of.
 *
 * @param means of each window, the mean loss of tokens 2 to T in nats
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WindowLosses(double[] means) {

  /** The mean over windows of their mean loss, with the standard error over windows. */
  public Estimate meanLoss() {
    return Estimate.of(means.length, i -> means[i]);
  }

  /** exp of the mean loss. */
  public double perplexity() {
    // Summed in the order of windows.
    return Math.exp(Arrays.stream(means).reduce(0, Double::sum) / means.length);
  }

  /** The perplexity's standard error by the delta method: perplexity · that of the mean loss. */
  public double perplexityError() {
    return perplexity() * meanLoss().standardError();
  }

  /**
   * This mean loss − another model's, with the paired standard error over windows.
   *
   * @param other of the same windows
   */
  public Estimate meanLossDifference(WindowLosses other) {
    requireSameWindows(other);
    return Estimate.of(means.length, i -> means[i] - other.means[i]);
  }

  /**
   * This perplexity − another model's. The paired standard error is by the delta method: that of
   * the mean over windows of perplexity · loss − other perplexity · other loss.
   *
   * @param other of the same windows
   */
  public Estimate perplexityDifference(WindowLosses other) {
    requireSameWindows(other);
    double one = perplexity();
    double two = other.perplexity();
    Estimate weighted = Estimate.of(means.length, i -> one * means[i] - two * other.means[i]);
    return new Estimate(one - two, weighted.standardError());
  }

  private void requireSameWindows(WindowLosses other) {
    if (means.length != other.means.length) {
      throw new IllegalArgumentException(
          "%d and %d windows are not the same".formatted(means.length, other.means.length));
    }
  }
}
