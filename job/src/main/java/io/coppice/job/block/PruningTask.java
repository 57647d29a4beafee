package io.coppice.job.block;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.config.Level;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.BlockInputs;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.LayerOutcome;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Prunes a block on the dense chain by several plans, whose pruners share one pass of the
 * calibration windows and, in one method, the statistics. Runs on an executor.
 *
 * <p>Memory: {@link BlockInputs}, and the block's weights twice.
 *
 * @param dense the dense model's blocks
 * @param outputs where each plan's blocks go
 * @param pruningWindows how many windows, from the first on, the pruners see
 */
record PruningTask(
    LanguageModel model,
    BlockSource dense,
    List<BlockFiles> outputs,
    int pruningWindows,
    int sequenceLength,
    Engine engine)
    implements Serializable {
  PruningTask {
    outputs = List.copyOf(outputs);
  }

  /** What came of a block, by plan, if a run before this one has finished it for all of them. */
  Optional<List<BlockOutcome>> finished(int block) {
    List<BlockOutcome> outcomes =
        outputs.stream().flatMap(files -> files.outcome(block).stream()).toList();
    return Optional.of(outcomes).filter(all -> all.size() == outputs.size());
  }

  /**
   * Prunes a block.
   *
   * @param plans how, one for each output
   * @param input X̄ at the block
   * @return what came of it, by plan
   */
  List<BlockOutcome> run(int block, List<PruningPlan.Block> plans, BoundaryActivations input) {
    long begun = System.nanoTime();
    Blas blas = engine.blas();
    String name = model.blockPrefix(block);
    List<BlockPruner> pruners = plans.stream().map(plan -> plan.pruner(model, blas)).toList();
    try (Arena arena = Arena.unbounded("pruning block " + block);
        BoundaryActivations.Reader reader = input.open()) {
      BlockWeights denseWeights = BlockWeights.allocate(model.blockWeights(), arena);
      BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
      dense.read(block, denseWeights);
      List<BlockOutcome> outcomes = new ArrayList<>();
      try (BlockInputs inputs =
          BlockInputs.gather(
              name,
              model,
              denseWeights,
              pruners,
              reader,
              IntStream.range(0, pruningWindows).toArray(),
              sequenceLength,
              blas)) {
        for (int plan = 0; plan < pruners.size(); plan++) {
          weights.copyFrom(denseWeights);
          List<LayerOutcome> layers = pruners.get(plan).prune(name, weights, inputs);
          BlockOutcome outcome =
              new BlockOutcome(
                  block,
                  1,
                  Level.LR,
                  BlockOutcome.sparsity(model, weights),
                  BlockOutcome.layers(layers),
                  List.of(),
                  (System.nanoTime() - begun) / 1e9 / pruners.size());
          outputs.get(plan).write(block, weights);
          outputs.get(plan).finish(outcome);
          outcomes.add(outcome);
        }
      }
      return outcomes;
    }
  }
}
