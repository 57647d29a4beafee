package io.coppice.job.chain;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Errors of the chain, summed up for a whole model.
 *
 * @param calibration error of the chain after the last block on calibration windows, which the
 *     paper's tables quote
 * @param heldOut the same on held-out windows; NaN where nothing is held out, as below
 * @param meanRelativeCalibration mean over blocks of the relative error on calibration windows
 * @param meanRelativeHeldOut the same on held-out windows
 */
public record ModelErrors(
    double calibration,
    double heldOut,
    double meanRelativeCalibration,
    double meanRelativeHeldOut) {

  /**
   * Sums up the errors of a model's blocks.
   *
   * @param blocks at least one, in the model's order
   */
  public static ModelErrors of(List<ChainErrors> blocks) {
    ChainErrors last = blocks.get(blocks.size() - 1);
    return new ModelErrors(
        last.calibration(),
        last.heldOut(),
        mean(blocks, ChainErrors::relativeCalibration),
        mean(blocks, ChainErrors::relativeHeldOut));
  }

  private static double mean(List<ChainErrors> blocks, ToDoubleFunction<ChainErrors> error) {
    return blocks.stream().mapToDouble(error).average().orElse(Double.NaN);
  }

  /** The mean relative error on held-out text divided by that on calibration text. */
  public double generalisation() {
    return meanRelativeHeldOut / meanRelativeCalibration;
  }
}
