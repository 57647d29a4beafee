package io.coppice.optimizer;

/**
 * A learning rate that falls from {@code base} in a line to 0, without warm-up: step s of S takes
 * base · (1 − s/S), s from 0, so the first step has the full rate (as the linear schedule of
 * transformers).
 *
 * @param base the first step's rate
 * @param steps S, at least 1
 */
public record LinearDecay(double base, long steps) {

  public LinearDecay {
    if (steps < 1) {
      throw new IllegalArgumentException("A decay needs at least one step, got " + steps);
    }
  }

  /** The rate of a step; {@code step} is in [0, steps), beyond it 0. */
  public double learningRate(long step) {
    return base * Math.max(0, steps - step) / steps;
  }
}
