package io.coppice.job.stage;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.Inputs;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.Schedule;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.stage.ChainPass.Keep;
import io.coppice.reconstruct.TrainingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Prunes and reconstructs all blocks in the order that the schedule asks for; lives on the driver.
 *
 * <ul>
 *   <li>{@code sequential}: one block after the other, each on the exact output of the sparse
 *       blocks before it, as in the paper.
 *   <li>{@code parallel}: all blocks at once, on dense inputs.
 *   <li>{@code waves}: as parallel, then again from the weights so far, on inputs from the sparse
 *       model that the wave before left.
 * </ul>
 */
final class Reconstruction {
  private final JavaSparkContext spark;
  private final PruneSettings settings;
  private final Passes passes;
  private final ModelOnCluster model;
  private final List<BoundaryActivations> dense;
  private final String workFolder;
  private final Windows windows;
  private final Engine engine;
  private final ProgressAccumulator events;
  private final Stages stages;
  private final int blockCount;
  private final List<BlockResult> results = new ArrayList<>();

  /**
   * @param model the dense model
   * @param dense the dense chain's boundaries 0 to L
   */
  Reconstruction(
      JavaSparkContext spark,
      PruneSettings settings,
      Passes passes,
      ModelOnCluster model,
      List<BoundaryActivations> dense,
      String workFolder,
      Windows windows,
      Engine engine,
      ProgressAccumulator events,
      Stages stages) {
    this.spark = spark;
    this.settings = settings;
    this.passes = passes;
    this.model = model;
    this.dense = dense;
    this.workFolder = workFolder;
    this.windows = windows;
    this.engine = engine;
    this.events = events;
    this.stages = stages;
    blockCount = model.model().blockCount();
  }

  /**
   * The windows that activations are of.
   *
   * @param calibration how many of them, from the first on, calibrate
   * @param all calibration and held-out windows
   * @param sequenceLength T
   */
  record Windows(int calibration, int all, int sequenceLength) {}

  /**
   * What came of a block in a wave.
   *
   * @param errors of the chain up to this block, when the wave was done
   */
  record BlockResult(BlockOutcome outcome, ChainErrors errors) {}

  /** Runs the schedule; the sparse blocks are those of the last wave's files. */
  BlockFiles run() {
    Schedule schedule = settings.reconstruction().schedule();
    if (schedule instanceof Schedule.Sequential) {
      return stages.run("reconstruction, block by block", this::sequential);
    }
    int waves = settings.reconstruction().level().trains() ? schedule.rounds() : 1;
    Optional<List<BoundaryActivations>> sparse = Optional.empty();
    for (int wave = 1; wave <= waves; wave++) {
      int number = wave;
      Optional<List<BoundaryActivations>> inputs = sparse;
      List<BlockOutcome> outcomes =
          stages.run(
              "reconstruction, wave %d of %d".formatted(wave, waves), () -> wave(number, inputs));
      sparse.ifPresent(old -> old.subList(1, old.size()).forEach(BoundaryActivations::release));
      Passes.Outcome pass =
          stages.run(
              "sparse pass, wave %d of %d".formatted(wave, waves),
              () ->
                  passes.sparse(
                      "sparse-" + number,
                      0,
                      blockCount,
                      files(number),
                      dense.get(0),
                      number < waves ? Keep.OUTPUTS : Keep.NOTHING,
                      dense.subList(1, dense.size())));
      for (BlockOutcome outcome : outcomes) {
        results.add(new BlockResult(outcome, pass.errors().get(outcome.block())));
      }
      List<BoundaryActivations> boundaries = new ArrayList<>(List.of(dense.get(0)));
      boundaries.addAll(pass.boundaries());
      sparse = Optional.of(boundaries);
    }
    return files(waves);
  }

  /** Every block of every wave, in the order in which they were done. */
  List<BlockResult> results() {
    return List.copyOf(results);
  }

  private BlockFiles sequential() {
    BoundaryActivations input = dense.get(0);
    for (int block = 0; block < blockCount; block++) {
      BlockTask.Data data =
          new BlockTask.Data(dense.get(block), student(input), dense.get(block + 1));
      BlockOutcome outcome = tasks(task(1), List.of(block), List.of(data)).get(0);
      boolean last = block == blockCount - 1;
      Passes.Outcome pass =
          passes.sparse(
              "sparse",
              block,
              block + 1,
              files(1),
              input,
              last ? Keep.NOTHING : Keep.OUTPUTS,
              List.of(dense.get(block + 1)));
      results.add(new BlockResult(outcome, pass.errors().get(0)));
      if (block > 0) {
        input.release();
      }
      if (!last) {
        input = pass.boundaries().get(0);
      }
    }
    return files(1);
  }

  /** Trains all blocks at once. */
  private List<BlockOutcome> wave(int wave, Optional<List<BoundaryActivations>> sparse) {
    List<Integer> blocks = IntStream.range(0, blockCount).boxed().toList();
    List<BlockTask.Data> data =
        blocks.stream()
            .map(
                block ->
                    new BlockTask.Data(
                        dense.get(block),
                        sparse
                            .map(boundaries -> student(boundaries.get(block)))
                            .orElse(new BlockTask.Student.Dense()),
                        dense.get(block + 1)))
            .toList();
    return tasks(task(wave), blocks, data);
  }

  private List<BlockOutcome> tasks(
      BlockTask task, List<Integer> blocks, List<BlockTask.Data> data) {
    int first = blocks.get(0);
    ProgressAccumulator sink = events;
    return spark
        .parallelize(blocks, blocks.size())
        .map(
            block -> {
              sink.add(
                  new ProgressEvent.BlockStarted(task.wave() - 1, block, task.training().epochs()));
              return task.run(
                  block,
                  data.get(block - first),
                  (errors, seconds) ->
                      sink.add(
                          new ProgressEvent.BlockEpoch(
                              task.wave() - 1,
                              block,
                              errors.epoch(),
                              errors.calibration(),
                              errors.heldOut(),
                              seconds)));
            })
        .collect();
  }

  private BlockTask task(int wave) {
    TrainingSettings training =
        new TrainingSettings(
            epochs(wave),
            settings.reconstruction().learningRate(),
            settings.reconstruction().batchSize(),
            settings.reconstruction().select(),
            settings.seed());
    BlockTask.Beginning beginning =
        wave == 1
            ? new BlockTask.Beginning.Pruned(
                settings.pruning().method(), settings.pruning().sparsity())
            : new BlockTask.Beginning.Continued(files(wave - 1));
    return new BlockTask(
        wave,
        model.model(),
        model,
        beginning,
        files(wave),
        settings.reconstruction().level(),
        training,
        windows.calibration(),
        windows.all(),
        windows.sequenceLength(),
        engine);
  }

  private BlockTask.Student student(BoundaryActivations sparse) {
    return settings.reconstruction().inputs() == Inputs.MIXED
        ? new BlockTask.Student.Mixed(sparse)
        : new BlockTask.Student.Exact(sparse);
  }

  private int epochs(int wave) {
    return settings.reconstruction().level().trains()
        ? settings.reconstruction().epochsOfWave(wave - 1)
        : 0;
  }

  private BlockFiles files(int wave) {
    return BlockFiles.ofWave(workFolder, wave, model.model(), model.hadoop());
  }
}
