package io.coppice.job.config;

import io.coppice.reconstruct.Selection;
import java.io.Serializable;

/**
 * How the weights that stay are trained.
 *
 * @param level what is solved; at {@link Level#LR} nothing below is used
 * @param schedule order of the blocks
 * @param inputs what a block is trained on after the first wave
 * @param epochs passes over the calibration windows per block, all waves together
 * @param learningRate AdamW's, at the start of each wave's linear decay to 0
 * @param batchSize windows per optimiser step
 * @param select which epoch's weights are kept
 */
public record ReconstructionSettings(
    Level level,
    Schedule schedule,
    Inputs inputs,
    int epochs,
    double learningRate,
    int batchSize,
    Selection select)
    implements Serializable {
  /** How often every block is trained, at least 1. */
  public int waves() {
    if (!level.trains()) {
      return 1;
    }
    if (schedule instanceof Schedule.Waves waves) {
      return waves.count();
    }
    return schedule instanceof Schedule.Sequential && level == Level.CR ? 2 : 1;
  }

  /**
   * Epochs of one wave; the later waves get what does not divide: 10 in 3 waves are 3, 3 and 4.
   *
   * @param wave counted from 0
   */
  public int epochsOfWave(int wave) {
    return (int) ((long) epochs * (wave + 1) / waves() - (long) epochs * wave / waves());
  }
}
