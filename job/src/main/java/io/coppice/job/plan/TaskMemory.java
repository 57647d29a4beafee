package io.coppice.job.plan;

import io.coppice.job.activations.WindowGroups;
import io.coppice.job.config.Allocation;
import io.coppice.job.config.Level;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.schedule.Rounds;
import io.coppice.model.BlockStream;
import io.coppice.model.LanguageModel;
import io.coppice.prune.PruningMethod;
import io.coppice.reconstruct.SpanMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;

/**
 * The most memory that a task takes.
 *
 * @param pruning off-heap bytes while it prunes
 * @param training off-heap bytes while it trains; 0 where nothing is trained
 * @param pass off-heap bytes while it takes a group of windows through the model
 * @param heap bytes of Java heap, activations that are broadcast not included
 */
public record TaskMemory(long pruning, long training, long pass, long heap) {

  /** What tasks of these settings take; {@code blas} computes nothing. */
  static TaskMemory of(
      LanguageModel model,
      PruneSettings settings,
      WorkToDo.Windows windows,
      WindowGroups groups,
      Blas blas) {
    boolean refits = settings.pruning().refitIterations() > 0;
    boolean hessians = refits || settings.pruning().method() == PruningMethod.SPARSEGPT;
    long pruning = 0;
    long training = 0;
    for (Level level : settings.reconstruction().levels()) {
      Rounds rounds = settings.reconstruction().rounds(level, model.blockCount());
      SpanMemory span = new SpanMemory(model, blas, rounds.longestSpan(), windows.length());
      // Levels that share what is pruned start from a copy.
      long copies = settings.reconstruction().levels().size() > 1 ? span.weights() : 0;
      pruning =
          Math.max(
              pruning, copies + span.weights() + span.pruning(windows.pruned(), hessians, refits));
      if (level.trains()) {
        training = Math.max(training, span.training(training(settings, level, rounds)));
      }
    }
    long heap = hessians ? new SpanMemory(model, blas, 1, windows.length()).hessians() : 0;
    return new TaskMemory(pruning, training, pass(model, groups, blas), heap);
  }

  private static SpanMemory.Training training(
      PruneSettings settings, Level level, Rounds rounds) {
    boolean uniform =
        settings.pruning().overrides().isEmpty()
            && settings.pruning().allocation() instanceof Allocation.Uniform;
    double kept = uniform ? 1 - settings.pruning().pattern().sparsity() : 1;
    return new SpanMemory.Training(
        settings.reconstruction().batchSize(), level == Level.BR, rounds.mixInputs(), kept);
  }

  /** A group's activations, one window to compare with, and what streams blocks through them. */
  private static long pass(LanguageModel model, WindowGroups groups, Blas blas) {
    int windows = Math.min(groups.perGroup(), groups.windows());
    int tokens = BlockStream.microBatch(groups.sequenceLength(), windows) * groups.sequenceLength();
    try (Arena arena = Arena.counting("a pass")) {
      arena.tensor(windows * groups.sequenceLength(), model.hiddenSize());
      arena.tensor(groups.sequenceLength(), model.hiddenSize());
      model.newBlock(blas, arena, tokens, groups.sequenceLength(), false);
      arena.tensor(tokens, model.hiddenSize());
      return arena.allocatedBytes()
          + new SpanMemory(model, blas, 1, groups.sequenceLength()).weights();
    }
  }

  /** Off-heap bytes at most. */
  public long offHeap() {
    return Math.max(pass, Math.max(pruning, training));
  }
}
