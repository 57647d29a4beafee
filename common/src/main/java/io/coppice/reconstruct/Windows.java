package io.coppice.reconstruct;

import java.io.Serializable;

/**
 * The windows of a run by their purpose. They are numbered consecutively: first those of the given
 * text, then those that the dense model wrote, then those held out.
 *
 * @param given windows of the given text that calibrate: pruners see them, and they are trained on
 * @param written windows that the dense model wrote, which are trained on only
 * @param heldOutCount windows of the given text that are only measured
 * @param length T, tokens of each
 */
public record Windows(int given, int written, int heldOutCount, int length)
    implements Serializable {

  /** Those that pruners see. */
  public WindowSet calibration() {
    return new WindowSet(0, given);
  }

  /** Those that are trained on. */
  public WindowSet training() {
    return new WindowSet(0, given + written);
  }

  /** Those that are only measured. */
  public WindowSet heldOut() {
    return new WindowSet(given + written, all().end());
  }

  /** Every window. */
  public WindowSet all() {
    return new WindowSet(0, given + written + heldOutCount);
  }
}
