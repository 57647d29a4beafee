package io.coppice.evaluate;

import java.util.List;

/**
 * The likelihood of pages by their words and bytes.
 *
 * @param logLikelihoods of each page, in nats
 * @param words of each page
 * @param bytes of each page
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PageScores(double[] logLikelihoods, double[] words, double[] bytes) {

  /** Scores pages by the likelihood of each. */
  public static PageScores of(List<TaskItem.Page> pages, double[] logLikelihoods) {
    return new PageScores(
        logLikelihoods,
        pages.stream().mapToDouble(TaskItem.Page::words).toArray(),
        pages.stream().mapToDouble(TaskItem.Page::bytes).toArray());
  }

  /** exp(−Σ log-likelihood ÷ Σ words), and its standard error over pages by the delta method. */
  public Estimate wordPerplexity() {
    return exp(lossBy(words));
  }

  /** exp(−Σ log-likelihood ÷ Σ bytes), and its standard error over pages by the delta method. */
  public Estimate bytePerplexity() {
    return exp(lossBy(bytes));
  }

  /** −Σ log-likelihood ÷ Σ bytes ÷ ln 2. */
  public Estimate bitsPerByte() {
    return times(1 / Math.log(2), lossBy(bytes));
  }

  /** These bits a byte − another model's, with the paired standard error over the same pages. */
  public Estimate bitsPerByteDifference(PageScores other) {
    if (count() != other.count()) {
      throw new IllegalArgumentException(
          "%d and %d pages are not the same".formatted(count(), other.count()));
    }
    return times(
        1 / Math.log(2),
        Estimate.ratio(count(), i -> other.logLikelihoods[i] - logLikelihoods[i], i -> bytes[i]));
  }

  /** The number of pages. */
  public int count() {
    return logLikelihoods.length;
  }

  private Estimate lossBy(double[] divisor) {
    return Estimate.ratio(count(), i -> -logLikelihoods[i], i -> divisor[i]);
  }

  private static Estimate exp(Estimate loss) {
    double value = Math.exp(loss.mean());
    return new Estimate(value, value * loss.standardError());
  }

  private static Estimate times(double factor, Estimate estimate) {
    return new Estimate(factor * estimate.mean(), factor * estimate.standardError());
  }
}
