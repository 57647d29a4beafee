package io.coppice.job.chain;

/**
 * The error of the chain after one block: the paper's normalised reconstruction error, ‖dense chain
 * − sparse chain‖² per element, and the same divided by the dense activations' energy.
 *
 * @param calibration normalised error on calibration windows
 * @param heldOut normalised error on held-out windows; NaN where nothing is held out
 * @param relativeCalibration ‖sparse − dense‖² ÷ ‖dense‖² on calibration windows
 * @param relativeHeldOut the same on held-out windows
 */
public record ChainErrors(
    double calibration, double heldOut, double relativeCalibration, double relativeHeldOut) {

  /**
   * Sums up one block's windows, in their order.
   *
   * @param squaredErrors Σ (sparse − dense)² by window
   * @param energies Σ dense² by window
   * @param calibrationWindows number of the first windows, those that calibrated
   * @param elementsPerWindow T × hidden_size
   */
  static ChainErrors of(
      double[] squaredErrors, double[] energies, int calibrationWindows, long elementsPerWindow) {
    int windows = squaredErrors.length;
    double calibrationError = sum(squaredErrors, 0, calibrationWindows);
    double heldOutError = sum(squaredErrors, calibrationWindows, windows);
    return new ChainErrors(
        calibrationError / ((double) calibrationWindows * elementsPerWindow),
        heldOutError / ((double) (windows - calibrationWindows) * elementsPerWindow),
        calibrationError / sum(energies, 0, calibrationWindows),
        heldOutError / sum(energies, calibrationWindows, windows));
  }

  /** The relative error on held-out text divided by that on calibration text. */
  public double generalisation() {
    return relativeHeldOut / relativeCalibration;
  }

  private static double sum(double[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }
}
