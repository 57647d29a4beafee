package io.coppice.job.progress;

import java.io.Serializable;

/** Something that happened in a run. Waves are counted from 1, blocks from 0. */
public sealed interface ProgressEvent extends Serializable {
  /**
   * The driver knows how much there is to train.
   *
   * @param blockEpochs blocks times epochs of all waves; 0 where nothing is trained
   */
  record RunPlanned(int blockEpochs) implements ProgressEvent {}

  /**
   * A stage begins on the driver.
   *
   * @param stage its name, in the words of the documentation
   */
  record StageStarted(String stage) implements ProgressEvent {}

  /**
   * A stage is over.
   *
   * @param stage its name
   * @param seconds that it took
   */
  record StageFinished(String stage, double seconds) implements ProgressEvent {}

  /**
   * A run stands still for something outside of it.
   *
   * @param why a sentence
   */
  record Waiting(String why) implements ProgressEvent {}

  /**
   * Something was finished by a run before this one.
   *
   * @param done how many
   * @param of how many in all
   * @param what they are, in the words of the documentation
   * @param blockEpochs of the {@link RunPlanned planned} ones that this saves
   */
  record TakenOver(int done, int of, String what, int blockEpochs) implements ProgressEvent {}

  /**
   * A task has begun to train a block.
   *
   * @param epochs that it will take in this wave
   */
  record BlockStarted(int wave, int block, int epochs) implements ProgressEvent {}

  /**
   * A task goes on with a block's training, where an earlier attempt was lost.
   *
   * @param epoch the last one that was done
   */
  record BlockResumed(int wave, int block, int epoch) implements ProgressEvent {}

  /**
   * A task has trained a block for one more epoch.
   *
   * @param epoch of this wave, counted from 1; 0 is the state before training
   * @param calibrationError mean squared error per element on calibration windows
   * @param heldOutError the same on held-out windows; NaN if there are none
   * @param seconds that the epoch took
   */
  record BlockEpoch(
      int wave, int block, int epoch, double calibrationError, double heldOutError, double seconds)
      implements ProgressEvent {}

  /**
   * A task has let the model write a group of texts.
   *
   * @param groups of how many
   * @param texts in this one
   * @param tokens of them together
   * @param rejected openings that were thrown away
   * @param seconds that it took
   */
  record TextsWritten(int group, int groups, int texts, long tokens, int rejected, double seconds)
      implements ProgressEvent {}
}
