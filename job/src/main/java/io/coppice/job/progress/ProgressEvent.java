package io.coppice.job.progress;

import io.coppice.reconstruct.EpochErrors;
import java.io.Serializable;

/** An event in a run. Waves are counted from 1, blocks from 0. */
public sealed interface ProgressEvent extends Serializable {
  /**
   * The amount of training is known.
   *
   * @param blockEpochs blocks times epochs of all waves; 0 where nothing is trained
   */
  record RunPlanned(int blockEpochs) implements ProgressEvent {}

  /**
   * A stage has begun on the driver.
   *
   * @param stage name of the stage, in the words of the documentation
   */
  record StageStarted(String stage) implements ProgressEvent {}

  /**
   * A stage is over.
   *
   * @param stage name of the stage
   * @param seconds seconds that it took
   */
  record StageFinished(String stage, double seconds) implements ProgressEvent {}

  /**
   * A run waits for something outside of it.
   *
   * @param why reason, in a sentence
   */
  record Waiting(String why) implements ProgressEvent {}

  /**
   * Work that an earlier run finished is taken over.
   *
   * @param done number of pieces that are finished
   * @param of number of pieces in all
   * @param what name of the pieces, in the words of the documentation
   * @param blockEpochs number of {@link RunPlanned planned} block epochs that this saves
   */
  record TakenOver(int done, int of, String what, int blockEpochs) implements ProgressEvent {}

  /**
   * A task has begun to train a block.
   *
   * @param epochs number of epochs that it will take in this wave
   */
  record BlockStarted(int wave, int block, int epochs) implements ProgressEvent {}

  /**
   * A task goes on with the training of a block after an earlier attempt was lost.
   *
   * @param epoch the last epoch that was done
   */
  record BlockResumed(int wave, int block, int epoch) implements ProgressEvent {}

  /**
   * A task has trained a block for one more epoch.
   *
   * @param errors errors after the epoch, which is counted from 1 in this wave
   * @param seconds seconds that the epoch took
   */
  record BlockEpoch(int wave, int block, EpochErrors errors, double seconds)
      implements ProgressEvent {
    /** The epoch of this wave, counted from 1; 0 is the state before training. */
    int epoch() {
      return errors.epoch();
    }
  }

  /**
   * A task has trained a block and written it.
   *
   * @param seconds seconds that it took, pruning included
   * @param secondsWaiting those of them in which training waited for activations
   */
  record BlockFinished(int wave, int block, double seconds, double secondsWaiting)
      implements ProgressEvent {}

  /** A task on blocks has run to its end. */
  record TaskFinished(TaskRun task) implements ProgressEvent {}

  /**
   * Tells how busy the process of a task that trains is.
   *
   * @param cores cores that it kept busy since it was last asked, on average
   */
  record CoresBusy(TaskRun.Place place, double cores) implements ProgressEvent {}

  /**
   * A task has let the model write a group of texts.
   *
   * @param group number of the group, from 0
   * @param groups number of groups in all
   * @param amount texts of this group
   * @param seconds seconds that it took
   */
  record TextsWritten(int group, int groups, Amount amount, double seconds)
      implements ProgressEvent {
    /**
     * An amount of text.
     *
     * @param texts number of texts
     * @param tokens number of tokens of all of them
     * @param rejected number of openings that were thrown away
     */
    public record Amount(int texts, long tokens, int rejected) implements Serializable {}
  }
}
