package io.coppice.reconstruct;

import java.io.Serializable;

/**
 * The settings of a block's training.
 *
 * @param epochs passes over the calibration windows
 * @param learningRate of the first step; decays linearly to 0
 * @param batchSize windows per optimiser step
 * @param selection the epoch whose weights are kept
 * @param seed for the order of the windows
 */
public record TrainingSettings(
    int epochs, double learningRate, int batchSize, Selection selection, long seed)
    implements Serializable {

  /** The same with another seed. */
  public TrainingSettings withSeed(long other) {
    return new TrainingSettings(epochs, learningRate, batchSize, selection, other);
  }
}
