package io.coppice.job.plan;

import io.coppice.job.block.PruningTask;
import io.coppice.job.chain.ChainPass;
import io.coppice.job.chain.FisherMetrics;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cli.Allocation;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.PruningSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.schedule.Rounds;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.WeightShape;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PrunedCounts;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.MaskSchedule;
import io.coppice.reconstruct.PruningWorkspace;
import io.coppice.reconstruct.SpanWorkspace;
import io.coppice.reconstruct.TrainingWorkspace;
import io.coppice.reconstruct.Windows;
import io.coppice.tensor.Arena;
import java.util.List;
import java.util.Optional;

/**
 * Works out the memory of tasks, by allocating the same on arenas that only count.
 *
 * @param factory maker of the model's blocks; its BLAS computes nothing
 * @param settings settings of the run
 * @param windows windows that the run will have
 */
record MemoryPlanner(BlockFactory factory, PruneSettings settings, Windows windows) {

  /** The most memory that a task of the run needs. */
  TaskMemory memory(WindowGroups groups) {
    ReconstructionSettings reconstruction = settings.reconstruction();
    int blocks = factory.model().blockCount();
    boolean shared = settings.levelsSharePruning(blocks);
    boolean apart = shared || reconstruction.triesRates();
    long pruning = apart ? Arena.measure(this::pruneForAllLevels) : 0;
    long training = 0;
    long lastBlock = 0;
    for (Level level : reconstruction.levels()) {
      Rounds rounds = reconstruction.rounds(level, blocks);
      if (!shared || !settings.prunesAtOnce(level)) {
        pruning = Math.max(pruning, Arena.measure(arena -> prune(level, rounds, arena)));
      }
      if (level.trains()) {
        training = Math.max(training, Arena.measure(arena -> train(level, rounds, arena)));
      }
      if (reconstruction.lastBlock().towards(level).isPresent()) {
        lastBlock =
            Math.max(lastBlock, Arena.measure(arena -> trainLastBlock(level, rounds, arena)));
      }
    }
    int perGroup = Math.min(groups.perGroup(), groups.windows());
    long pass = Arena.measure(arena -> ChainPass.reserve(factory, perGroup, arena));
    long heap = heap();
    if (reconstruction.needsMetrics()) {
      int back = Math.min(perGroup, windows.training().count());
      pass =
          Math.max(
              pass,
              Arena.measure(
                  arena ->
                      FisherMetrics.reserve(factory, back, windows.training().count(), arena)));
      heap = Math.max(heap, FisherMetrics.heapBytes(factory.model().hiddenSize()));
    }
    return new TaskMemory(pruning, training, lastBlock, pass, heap);
  }

  /** Allocates what the last block of the longest span needs to be pruned. */
  private void prune(Level level, Rounds rounds, Arena arena) {
    int blocks = rounds.longestSpan();
    SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
    boolean gradual = !settings.prunesAtOnce(level);
    int through = gradual || rounds.pruneOnDenseChain() ? 0 : blocks - 1;
    try (PruningWorkspace pruning = span.pruning(new BlockName("a block"), pruner(), through)) {
      if (gradual) {
        pruning.reserveGradual(windows.calibration().count());
      } else {
        pruning.reserve(windows.calibration().count());
      }
    }
  }

  private void pruneForAllLevels(Arena arena) {
    PruningTask.reserve(block(), factory, windows.calibration().count(), arena);
  }

  private void train(Level level, Rounds rounds, Arena arena) {
    train(level, rounds.longestSpan(), kind(level, rounds, false), arena);
  }

  /** Allocates what the longest span that ends with the last block needs. */
  private void trainLastBlock(Level level, Rounds rounds, Arena arena) {
    train(level, rounds.longestLastSpan(), kind(level, rounds, true), arena);
  }

  private TrainingWorkspace.Kind kind(Level level, Rounds rounds, boolean endsModel) {
    return TrainingWorkspace.Kind.of(settings.reconstruction().batchSize())
        .blockWise(level == Level.BR)
        .mixedInputs(rounds.mixInputs())
        .lowering(settings.reconstruction().objective().loss(level, endsModel));
  }

  private void train(Level level, int blocks, TrainingWorkspace.Kind kind, Arena arena) {
    SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
    span.training(kind);
    span.reserveOptimizers(shape -> kept(level, shape));
  }

  /**
   * The number of a layer's weights that training begins with; all of them where blocks differ. Of
   * masks that shrink in the first round, that is more than remain.
   */
  private long kept(Level level, WeightShape shape) {
    PruningSettings pruning = settings.pruning();
    if (!pruning.overrides().isEmpty() || !(pruning.allocation() instanceof Allocation.Uniform)) {
      return shape.size();
    }
    double sparsity = pruning.pattern().sparsity();
    Optional<MaskSchedule> shrinking = pruning.masks().schedule(level);
    if (shrinking.isPresent()) {
      return shape.size()
          - new PrunedCounts(
                  pruning.method().pruner(factory.blas()).comparison(),
                  pruning.pattern(),
                  shape.rows(),
                  shape.columns())
              .ofLayer(shrinking.orElseThrow().startBelow(sparsity));
    }
    return (long) Math.ceil(shape.size() * (1 - sparsity));
  }

  private long heap() {
    try (Arena arena = Arena.counting("the heap");
        PruningWorkspace pruning = new PruningWorkspace(block(), factory, arena)) {
      return pruning.heapBytes();
    }
  }

  private PruningWorkspace.BlockToPrune block() {
    return new PruningWorkspace.BlockToPrune(
        new BlockName("a block"), List.of(pruner()), List.of());
  }

  private BlockPruner pruner() {
    PruningSettings pruning = settings.pruning();
    return new BlockPruner(
        factory.model(),
        pruning.method().pruner(factory.blas()),
        BlockPruner.uniform(factory.model(), pruning.pattern()),
        pruning.refitIterations() == 0
            ? Optional.empty()
            : Optional.of(new LayerRefit(factory.blas(), pruning.refitIterations())));
  }
}
