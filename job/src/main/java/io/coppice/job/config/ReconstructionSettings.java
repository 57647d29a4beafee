package io.coppice.job.config;

import io.coppice.reconstruct.Selection;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the weights that stay are trained.
 *
 * @param levels what is solved; of several, the one that generalises best is kept. At {@link
 *     Level#LR} nothing below is used
 * @param schedule order of the blocks
 * @param inputs what a block is trained on after the first wave
 * @param epochs passes over the calibration windows per block, all waves together; in each of the
 *     two rounds of sequential {@link Level#CR}
 * @param learningRate AdamW's, at the start of each wave's linear decay to 0
 * @param batchSize windows per optimiser step
 * @param select which epoch's weights are kept
 */
public record ReconstructionSettings(
    List<Level> levels,
    Schedule schedule,
    Inputs inputs,
    int epochs,
    double learningRate,
    int batchSize,
    Selection select)
    implements Serializable {
  public ReconstructionSettings {
    levels = List.copyOf(levels);
  }

  /** Whether weights are trained at some level. */
  public boolean trains() {
    return levels.stream().anyMatch(Level::trains);
  }

  /**
   * Whether blocks wait for each other. If not, all are pruned on the dense chain, the same at
   * every level.
   */
  public boolean isSequential() {
    return schedule instanceof Schedule.Sequential;
  }

  /** How often every block is trained at a level, at least 1. */
  public int waves(Level level) {
    if (!level.trains()) {
      return 1;
    }
    if (schedule instanceof Schedule.Waves waves) {
      return waves.count();
    }
    return isInRounds(level) ? 2 : 1;
  }

  /** Cross-block and sequential: every block is trained in two rounds, as in the paper. */
  private boolean isInRounds(Level level) {
    return level == Level.CR && isSequential();
  }

  /**
   * Epochs of one wave; the later waves get what does not divide: 10 in 3 waves are 3, 3 and 4.
   *
   * @param wave counted from 0
   */
  public int epochsOfWave(Level level, int wave) {
    if (!level.trains() || isInRounds(level)) {
      return level.trains() ? epochs : 0;
    }
    int waves = waves(level);
    return (int) ((long) epochs * (wave + 1) / waves - (long) epochs * wave / waves);
  }

  /** Epochs that every block is trained at all levels. */
  public int allEpochs() {
    return levels.stream()
        .flatMapToInt(
            level -> IntStream.range(0, waves(level)).map(wave -> epochsOfWave(level, wave)))
        .sum();
  }
}
