package io.coppice.job.cli;

import io.coppice.job.schedule.Rounds;
import io.coppice.job.schedule.Schedule;
import io.coppice.job.schedule.Workload;
import io.coppice.reconstruct.Selection;
import java.io.Serializable;
import java.util.List;

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

  /** What a model of so many blocks goes through at a level. */
  public Rounds rounds(Level level, int blocks) {
    return schedule.rounds(
        new Workload(blocks, level.spanLength(), level.trains() ? epochs : 0, inputs.chain()));
  }

  /** Whether blocks are pruned alike at all levels, so that they need be pruned only once. */
  public boolean levelsPruneAlike(int blocks) {
    return levels.stream().allMatch(level -> rounds(level, blocks).pruneOnDenseChain());
  }

  /** Blocks times epochs, at all levels. */
  public int blockEpochs(int blocks) {
    return levels.stream().mapToInt(level -> rounds(level, blocks).blockEpochs()).sum();
  }
}
