package io.coppice.reconstruct;

import java.io.Serializable;

/**
 * How a block is trained.
 *
 * @param epochs passes over the calibration windows
 * @param learningRate of the first step; decays linearly to 0
 * @param batchSize windows per optimiser step
 * @param selection which epoch's weights are kept
 * @param seed decides the order of the windows
 */
public record TrainingSettings(
    int epochs, double learningRate, int batchSize, Selection selection, long seed)
    implements Serializable {

  /** The same with another seed. */
  public TrainingSettings withSeed(long other) {
    return new TrainingSettings(epochs, learningRate, batchSize, selection, other);
  }
}
