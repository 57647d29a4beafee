package io.coppice.reconstruct;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * A block's own reconstruction error after an epoch: the mean squared difference of its output from
 * its target, per element, at its training inputs.
 *
 * @param epoch the epoch, from 1; 0 before training
 * @param calibration error on calibration windows, as many as there are held-out ones, or an eighth
 *     of them where none are
 * @param heldOut error on held-out windows; NaN where none are
 * @param masksFinal whether masks had stopped shrinking by then, without which an epoch cannot be
 *     kept; always, where blocks are pruned before they are trained
 * @param losses on the same windows, of a block that is trained by another loss than its error
 */
public record EpochErrors(
    int epoch, double calibration, double heldOut, boolean masksFinal, Losses losses)
    implements Serializable {

  /** The errors of a block that is trained by them alone. */
  public EpochErrors(int epoch, double calibration, double heldOut, boolean masksFinal) {
    this(epoch, calibration, heldOut, masksFinal, Losses.NONE);
  }

  /** The errors after an epoch with final masks. */
  public EpochErrors(int epoch, double calibration, double heldOut) {
    this(epoch, calibration, heldOut, true);
  }

  /**
   * The loss of a block that is trained by another one than its error. Towards the dense model's
   * distributions, both it and the part of it that is the divergence are means in nats; in a metric
   * it is a mean per element, and there is no divergence (NaN). Of a window's text as the errors'
   * names say.
   *
   * @param known whether the block is trained so; all else is 0 otherwise
   */
  public record Losses(
      boolean known, double calibration, double heldOut, double klCalibration, double klHeldOut)
      implements Serializable {
    static final Losses NONE = new Losses(false, 0, 0, 0, 0);

    /** Whether the block is trained towards distributions. */
    public boolean areDivergences() {
      return known && !Double.isNaN(klCalibration);
    }
  }

  /** The loss, or else the error, on calibration windows: what the block is trained by. */
  public double trainedCalibration() {
    return losses.known() ? losses.calibration() : calibration;
  }

  /** The same on held-out windows, by which epochs are compared. */
  public double trainedHeldOut() {
    return losses.known() ? losses.heldOut() : heldOut;
  }

  /** The same on held-out windows if there are any, or else on those of the calibration. */
  public double trained(Windows windows) {
    return windows.heldOut().count() > 0 ? trainedHeldOut() : trainedCalibration();
  }

  /**
   * Of the epochs with final masks the first that is lowest on held-out windows; the last where
   * nothing is held out; empty where masks have not been final yet.
   */
  public static Optional<EpochErrors> lowest(List<EpochErrors> epochs) {
    return epochs.stream()
        .filter(EpochErrors::masksFinal)
        .reduce((lowest, next) -> next.trainedHeldOut() >= lowest.trainedHeldOut() ? lowest : next);
  }
}
