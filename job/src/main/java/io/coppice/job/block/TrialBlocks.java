package io.coppice.job.block;

import io.coppice.job.cli.Level;
import io.coppice.job.cli.ReconstructionSettings;
import java.util.List;
import java.util.stream.Stream;

/** Choice of the blocks that settings are tried on before all blocks are trained. */
public final class TrialBlocks {
  private TrialBlocks() {}

  /** The first block, a middle one and the last, of so many. */
  public static List<Integer> of(int count) {
    return Stream.of(0, middle(count), count - 1).distinct().toList();
  }

  /** A middle block of so many. */
  static int middle(int count) {
    return count / 2;
  }

  /**
   * The level that they are trained at: best, whose masks may be its own, or else one where the
   * last block has a loss of its own, if any.
   */
  static Level level(ReconstructionSettings settings) {
    return settings.levels().contains(Level.BEST)
        ? Level.BEST
        : settings.levels().stream()
            .filter(it -> settings.lastBlock().towards(it).isPresent())
            .findFirst()
            .orElse(Level.GP);
  }
}
