package io.coppice.job.plan;

import io.coppice.job.cli.EngineSettings.PrecisionChoice;
import java.util.Optional;

/**
 * Floating point operations a second of one core.
 *
 * @param training in training steps
 * @param float32 in all else
 * @param source where the figures come from, in words
 */
public record Speed(double training, double float32, String source) {
  /** A core of a rented machine, which is half of a processor's, with its neighbours at work. */
  private static final double USUAL = 50e9;

  /** Measured with AVX512-BF16 on blocks of hidden_size 1024 and 4096; AMX has more. */
  private static final double BF16_BY_FLOAT32 = 2;

  /** Of a core that joins others in one task's work; measured with two. */
  private static final double SHARE_OF_ANOTHER_CORE = 0.9;

  /**
   * A speed that nobody measured.
   *
   * @param precision what the run asks for; auto counts as float32, since nobody asks executors
   * @param training operations a second that the user states
   */
  public static Speed assumed(PrecisionChoice precision, Optional<Double> training) {
    double ratio = precision == PrecisionChoice.BF16 ? BF16_BY_FLOAT32 : 1;
    double stated = training.orElse(USUAL * ratio);
    return new Speed(stated, stated / ratio, "taken for granted");
  }

  /** The factor by which a task is faster on some cores than on one. */
  static double gain(int cores) {
    return 1 + SHARE_OF_ANOTHER_CORE * (cores - 1);
  }
}
