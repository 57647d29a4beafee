package io.coppice.job.block;

import io.coppice.job.chain.ModelErrors;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model whose blocks are all pruned and reconstructed.
 *
 * @param files of the final blocks
 * @param blocks every block of every wave, in the order in which they were done
 */
public record ReconstructedModel(BlockFiles files, List<MeasuredBlock> blocks) {
  public ReconstructedModel {
    blocks = List.copyOf(blocks);
  }

  /** Each block as its last wave left it, in the model's order. */
  public List<MeasuredBlock> lastWave() {
    Map<Integer, MeasuredBlock> last = new TreeMap<>();
    for (MeasuredBlock block : blocks) {
      last.merge(block.number(), block, (a, b) -> a.wave() > b.wave() ? a : b);
    }
    return List.copyOf(last.values());
  }

  /** Errors of the final chain. */
  public ModelErrors errors() {
    return ModelErrors.of(lastWave().stream().map(MeasuredBlock::errors).toList());
  }
}
