package io.coppice.job.block;

import io.coppice.job.chain.ChainErrors;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All blocks, pruned and reconstructed.
 *
 * @param files of the final blocks
 * @param results every block of every wave, in the order in which they were done
 */
public record Reconstructed(BlockFiles files, List<BlockResult> results) {
  public Reconstructed {
    results = List.copyOf(results);
  }

  /**
   * What came of a block in a wave.
   *
   * @param errors of the chain up to this block, when the wave was done
   */
  public record BlockResult(BlockOutcome outcome, ChainErrors errors) {}

  /** Each block's last result, in the model's order. */
  public List<BlockResult> lastWave() {
    Map<Integer, BlockResult> last = new TreeMap<>();
    for (BlockResult result : results) {
      last.merge(
          result.outcome().block(),
          result,
          (a, b) -> a.outcome().wave() > b.outcome().wave() ? a : b);
    }
    return List.copyOf(last.values());
  }
}
