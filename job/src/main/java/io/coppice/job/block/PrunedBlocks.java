package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.model.LanguageModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;

/**
 * All blocks pruned on the dense chain, from which reconstructions at several levels begin; lives
 * on the driver.
 *
 * @param files of the blocks
 * @param blocks in the model's order
 */
public record PrunedBlocks(BlockFiles files, List<FinishedBlock> blocks) {
  public PrunedBlocks {
    blocks = List.copyOf(blocks);
  }

  /**
   * The beginnings of reconstructions, by plan: blocks that are pruned once for all levels, or, if
   * each block waits for the sparse ones before it, or is pruned in training, plans for pruning
   * them.
   *
   * @param folders where each plan's pruned blocks go
   */
  public static List<Beginnings> beginnings(
      List<PruningPlan> plans,
      List<Path> folders,
      ReconstructionSettings reconstruction,
      CalibratedModel calibrated,
      Stages stages) {
    List<Beginnings> beginnings = new ArrayList<>(plans.size());
    plans.forEach(plan -> beginnings.add(plan::beginning));
    List<Integer> shared =
        reconstruction.levelsPruneAlike(calibrated.blockCount())
            ? IntStream.range(0, plans.size())
                .filter(
                    plan ->
                        reconstruction.levels().stream().anyMatch(plans.get(plan)::prunesAtOnce))
                .boxed()
                .toList()
            : List.of();
    if (!shared.isEmpty()) {
      List<PrunedBlocks> pruned =
          stages.run(
              "pruning",
              () ->
                  of(
                      shared.stream().map(plans::get).toList(),
                      shared.stream().map(folders::get).toList(),
                      calibrated,
                      stages));
      for (int i = 0; i < shared.size(); i++) {
        PruningPlan plan = plans.get(shared.get(i));
        PrunedBlocks blocks = pruned.get(i);
        beginnings.set(
            shared.get(i),
            (level, block) ->
                plan.prunesAtOnce(level) ? blocks.beginning(block) : plan.beginning(level, block));
      }
    }
    return beginnings;
  }

  /** Begins with one of these blocks. */
  private Beginning beginning(int block) {
    return new Beginning.Continued(files, blocks.get(block).layers());
  }

  /**
   * Prunes by several plans at once, a task for each block; takes over blocks that an earlier run
   * has finished.
   *
   * @param folders where each plan's blocks go
   * @return in the order of plans
   */
  private static List<PrunedBlocks> of(
      List<PruningPlan> plans, List<Path> folders, CalibratedModel calibrated, Stages stages) {
    ModelOnCluster dense = calibrated.dense();
    LanguageModel model = dense.model();
    List<BlockFiles> files =
        folders.stream()
            .map(folder -> new BlockFiles(folder.toString(), model, dense.hadoop()))
            .toList();
    PruningTask task =
        new PruningTask(dense, files, calibrated.passes().windows(), calibrated.engine());
    List<BoundaryActivations> inputs = calibrated.boundaries();
    List<Integer> blocks = IntStream.range(0, model.blockCount()).boxed().toList();
    List<List<PruningPlan.Block>> byBlock =
        blocks.stream().map(block -> ofBlock(plans, block)).toList();
    List<List<FinishedBlock>> finished;
    try (ExecutorProgress events = stages.ofTasks(calibrated.spark().sc())) {
      ProgressAccumulator sink = events.accumulator();
      finished =
          calibrated
              .spark()
              .parallelize(blocks, blocks.size())
              .map(
                  block ->
                      task.finished(block)
                          .orElseGet(
                              () ->
                                  task.run(
                                      block,
                                      byBlock.get(block),
                                      inputs.get(block),
                                      ran -> sink.add(new ProgressEvent.TaskFinished(ran)))))
              .collect();
    }
    List<PrunedBlocks> pruned = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      int plan = i;
      pruned.add(
          new PrunedBlocks(
              files.get(plan),
              finished.stream()
                  .map(ofPlans -> ofPlans.get(plan))
                  .sorted(Comparator.comparingInt(FinishedBlock::block))
                  .toList()));
    }
    return pruned;
  }

  private static List<PruningPlan.Block> ofBlock(List<PruningPlan> plans, int block) {
    return plans.stream().map(plan -> plan.blocks().get(block)).toList();
  }
}
