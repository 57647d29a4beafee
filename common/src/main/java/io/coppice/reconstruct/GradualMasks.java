package io.coppice.reconstruct;

import io.coppice.prune.GradualPruning;
import java.util.List;
import java.util.Map;

/**
 * The weights of a span's blocks whose masks shrink while the span is trained. All others have
 * their masks already: those of a block that was trained before.
 *
 * @param schedule of all masks
 * @param layers of each block, by the weight's name inside the block
 */
public record GradualMasks(MaskSchedule schedule, List<Map<String, GradualPruning>> layers) {
  public GradualMasks {
    layers = layers.stream().map(Map::copyOf).toList();
  }

  /** Whether any mask shrinks. */
  boolean shrink() {
    return layers.stream().anyMatch(block -> !block.isEmpty());
  }

  /** Whether the mask of a weight shrinks. */
  boolean shrinks(int block, String weight) {
    return layers.get(block).containsKey(weight);
  }
}
