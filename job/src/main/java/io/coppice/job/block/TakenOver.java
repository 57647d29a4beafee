package io.coppice.job.block;

import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.job.schedule.Rounds;
import java.util.ArrayList;
import java.util.List;

/**
 * Reports the blocks that an earlier run has finished: for every wave, or, if rounds are not waves,
 * for all rounds up to one in which there is something to do.
 */
final class TakenOver {
  private final Rounds rounds;
  private final String suffix;
  private final Stages stages;

  /** Blocks that no line has mentioned yet. */
  private final List<FinishedBlock> untold = new ArrayList<>();

  /**
   * @param suffix words that tell this reconstruction from others of the run
   */
  TakenOver(Rounds rounds, String suffix, Stages stages) {
    this.rounds = rounds;
    this.suffix = suffix;
    this.stages = stages;
  }

  /**
   * Takes note of a round's blocks that are finished.
   *
   * @param round its index
   * @param isWhole whether all blocks of the round are among them
   */
  void add(int round, List<FinishedBlock> finished, boolean isWhole) {
    untold.addAll(finished);
    if (rounds.areWaves()) {
      tell("blocks of wave " + (round + 1), rounds.blocks());
    } else if (!isWhole || round == rounds.list().size() - 1) {
      int times = rounds.timesEachBlock();
      tell(times == 1 ? "blocks" : inRounds(times), times * rounds.blocks());
    }
  }

  private static String inRounds(int times) {
    return "blocks in %s rounds".formatted(times == 2 ? "two" : times);
  }

  private void tell(String what, int of) {
    if (!untold.isEmpty()) {
      stages.report(
          new ProgressEvent.TakenOver(
              untold.size(),
              of,
              what + suffix,
              untold.stream().mapToInt(FinishedBlock::trainedEpochs).sum()));
      untold.clear();
    }
  }
}
