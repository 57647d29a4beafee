package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.tensor.Arena;
import java.util.List;
import java.util.Optional;

/**
 * The memory for pruning a block: the statistics of its inputs and, where these come from the
 * sparse chain through blocks that are only in memory, the scratch memory of those blocks.
 */
public final class PruningWorkspace implements AutoCloseable {
  private final BlockName block;
  private final List<BlockPruner> pruners;
  private final Arena arena;
  private final BlockInputs inputs;
  private final Optional<SpanReader> before;

  /**
   * A block that is pruned.
   *
   * @param name for messages
   * @param pruners that prune it, each on its own copy of the weights
   * @param before weights of the blocks before it through which its inputs are computed; empty
   *     where its inputs are read
   */
  public record BlockToPrune(BlockName name, List<BlockPruner> pruners, List<BlockWeights> before) {
    public BlockToPrune {
      pruners = List.copyOf(pruners);
      before = List.copyOf(before);
    }
  }

  /**
   * @param memory an arena, in a scope of which all memory is taken until this is closed
   */
  public PruningWorkspace(BlockToPrune block, BlockFactory factory, Arena memory) {
    this.block = block.name();
    pruners = block.pruners();
    arena = memory.scope("pruning " + block.name());
    before =
        block.before().isEmpty()
            ? Optional.empty()
            : Optional.of(new SpanReader(factory, block.before(), arena));
    inputs = new BlockInputs(block.name(), factory, pruners, arena);
  }

  /**
   * Takes the windows through the block.
   *
   * @param dense the block's weights, not pruned yet
   * @param activations the inputs of the first of the blocks before it, if there are any, otherwise
   *     of the block itself
   */
  public void gather(BlockWeights dense, ActivationReader activations, WindowSet windows) {
    inputs.gather(dense, before.map(blocks -> blocks.on(activations)).orElse(activations), windows);
  }

  /**
   * Prunes {@code weights}, a copy of the dense ones, in place.
   *
   * @param pruner the index of the pruner
   * @return the outcome of each prunable layer, in the order of the block's weights
   */
  public List<LayerOutcome> prune(int pruner, BlockWeights weights) {
    return pruners.get(pruner).prune(block, weights, inputs);
  }

  /**
   * Prepares {@code weights}, a copy of the dense ones, to be pruned while they are trained.
   *
   * @param pruner the index of the pruner
   */
  public BlockPruner.Gradual gradual(int pruner, BlockWeights weights) {
    return pruners.get(pruner).gradual(block, weights, inputs);
  }

  /** Takes the memory that gathering from a number of windows, and preparing, would. */
  public void reserveGradual(int windows) {
    inputs.reserve(windows);
  }

  /** Takes the memory that gathering from a number of windows, and pruning, would. */
  public void reserve(int windows) {
    inputs.reserve(windows);
    pruners.forEach(pruner -> pruner.reserve(arena));
  }

  /** Bytes of Java heap that the statistics take. */
  public long heapBytes() {
    return inputs.heapBytes();
  }

  @Override
  public void close() {
    inputs.close();
    arena.close();
  }
}
