package io.coppice.job.block;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.Level;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.TaskClock;
import io.coppice.job.progress.TaskRun;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.LayerOutcome;
import io.coppice.reconstruct.PruningWorkspace;
import io.coppice.reconstruct.Windows;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Prunes a block on the dense chain by several plans, whose pruners share one pass of the
 * calibration windows and, in one method, the statistics. Runs on an executor.
 *
 * @param dense the dense model
 * @param outputs receive the blocks, one for each plan
 * @param windows all windows, of which pruners see those that calibrate
 */
public record PruningTask(
    ModelOnCluster dense, List<BlockFiles> outputs, Windows windows, Engine engine)
    implements Serializable {
  public PruningTask {
    outputs = List.copyOf(outputs);
  }

  /**
   * The memory of a task.
   *
   * @param dense the block's weights
   * @param weights those that are pruned
   * @param pruning their inputs
   */
  private record Workspace(BlockWeights dense, BlockWeights weights, PruningWorkspace pruning)
      implements AutoCloseable {
    static Workspace allocate(
        PruningWorkspace.BlockToPrune block, BlockFactory factory, Arena arena) {
      return new Workspace(
          factory.weights(arena),
          factory.weights(arena),
          new PruningWorkspace(block, factory, arena));
    }

    @Override
    public void close() {
      pruning.close();
    }
  }

  /**
   * Takes the memory that pruning a block would.
   *
   * @param windows that pruners see
   */
  public static void reserve(
      PruningWorkspace.BlockToPrune block, BlockFactory factory, int windows, Arena arena) {
    try (Workspace workspace = Workspace.allocate(block, factory, arena)) {
      workspace.pruning().reserve(windows);
    }
  }

  /** A block's records, by plan, if an earlier run has finished it by all of them. */
  Optional<List<FinishedBlock>> finished(int block) {
    List<FinishedBlock> finished =
        outputs.stream().flatMap(files -> files.finished(block).stream()).toList();
    return Optional.of(finished).filter(all -> all.size() == outputs.size());
  }

  /**
   * Prunes a block.
   *
   * @param plans one for each output
   * @param input X̄ at the block
   * @param ran is told of the task when it is over
   * @return its records, by plan
   */
  List<FinishedBlock> run(
      int block, List<PruningPlan.Block> plans, BoundaryActivations input, Consumer<TaskRun> ran) {
    TaskClock clock =
        new TaskClock(new TaskRun.Work("pruning", Level.LR.toString(), 1, List.of(block)));
    long begun = System.nanoTime();
    LanguageModel model = dense.model();
    BlockFactory factory = new BlockFactory(model, engine.blas(), windows.length());
    List<BlockPruner> pruners =
        plans.stream().map(plan -> plan.pruner(model, factory.blas())).toList();
    PruningWorkspace.BlockToPrune pruned =
        new PruningWorkspace.BlockToPrune(model.blockName(block), pruners, List.of());
    try (Arena arena = Arena.unbounded("pruning block " + block);
        BoundaryActivations.Reader reader = input.open();
        Workspace workspace = Workspace.allocate(pruned, factory, arena)) {
      dense.read(block, workspace.dense());
      workspace.pruning().gather(workspace.dense(), reader, windows.calibration());
      List<FinishedBlock> finished = new ArrayList<>();
      for (int plan = 0; plan < pruners.size(); plan++) {
        workspace.weights().copyFrom(workspace.dense());
        List<LayerOutcome> layers = workspace.pruning().prune(plan, workspace.weights());
        double seconds = (System.nanoTime() - begun) / 1e9 / pruners.size();
        finished.add(finish(block, plan, workspace.weights(), layers, seconds));
      }
      ran.accept(clock.stop(arena.peak()));
      return finished;
    }
  }

  private FinishedBlock finish(
      int block, int plan, BlockWeights weights, List<LayerOutcome> layers, double seconds) {
    FinishedBlock finished =
        new FinishedBlock(
            block,
            1,
            Level.LR,
            FinishedBlock.sparsity(dense.model(), weights),
            layers,
            List.of(),
            seconds,
            0);
    outputs.get(plan).write(block, weights);
    outputs.get(plan).finish(finished);
    return finished;
  }
}
