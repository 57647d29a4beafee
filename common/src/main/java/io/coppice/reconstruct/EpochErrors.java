package io.coppice.reconstruct;

import java.io.Serializable;

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
 */
public record EpochErrors(int epoch, double calibration, double heldOut, boolean masksFinal)
    implements Serializable {

  /** The errors after an epoch with final masks. */
  public EpochErrors(int epoch, double calibration, double heldOut) {
    this(epoch, calibration, heldOut, true);
  }
}
