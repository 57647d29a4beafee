package io.coppice.job.plan;

/**
 * Floating point operations, where a multiplication and an addition count as two.
 *
 * @param training operations of training steps, whose products read what {@code --precision} says
 * @param float32 operations of all else: passes, pruning, the measuring of errors
 */
public record Operations(double training, double float32) {
  static final Operations NONE = new Operations(0, 0);

  static Operations float32(double operations) {
    return new Operations(0, operations);
  }

  Operations plus(Operations other) {
    return new Operations(training + other.training, float32 + other.float32);
  }

  Operations times(double factor) {
    return new Operations(training * factor, float32 * factor);
  }

  /** Seconds that one core takes. */
  double seconds(Speed speed) {
    return training / speed.training() + float32 / speed.float32();
  }
}
