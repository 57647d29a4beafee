package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.io.Serializable;

/** The learning rate of AdamW at the start of each wave, which decays linearly to 0. */
public sealed interface LearningRate extends Serializable {

  /** A rate that the user chose. */
  record Fixed(double rate) implements LearningRate {
    @Override
    public String toString() {
      return String.valueOf(rate);
    }
  }

  /** The rate that does best in short trials on a few blocks. */
  record Auto() implements LearningRate {
    @Override
    public String toString() {
      return "auto";
    }
  }

  /**
   * Reads {@code auto} or a number.
   *
   * @throws UsageException if it is neither, or no rate above 0 and at most 1
   */
  static LearningRate parse(String option, String value) {
    if (value.strip().equalsIgnoreCase("auto")) {
      return new Auto();
    }
    double rate;
    try {
      rate = Double.parseDouble(value.strip());
    } catch (NumberFormatException e) {
      throw new UsageException(
          "%s must be auto or a number such as 2e-4, but is %s"
              .formatted(option, Words.quote(value)),
          e);
    }
    return new Fixed(Check.positive(option, 1, rate));
  }
}
