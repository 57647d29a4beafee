package io.coppice.job.stage;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.Inputs;
import io.coppice.job.config.Level;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.job.config.Schedule;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.stage.ChainPass.Keep;
import io.coppice.model.BlockSource;
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
 *       blocks before it, as in the paper; for CR each block with the one after it.
 *   <li>{@code parallel}: all blocks at once, on dense inputs.
 *   <li>{@code waves}: as parallel, then again from the weights so far, on inputs from the sparse
 *       model that the wave before left.
 * </ul>
 */
final class Reconstruction {
  private final JavaSparkContext spark;
  private final PruneSettings settings;
  private final PruningPlan plan;
  private final Passes passes;
  private final ModelOnCluster model;
  private final List<BoundaryActivations> dense;
  private final String workFolder;
  private final Windows windows;
  private final Engine engine;
  private final ProgressAccumulator events;
  private final Stages stages;
  private final Level level;
  private final int blockCount;
  private final List<BlockResult> results = new ArrayList<>();

  /**
   * @param plan which weights go
   * @param model the dense model
   * @param dense the dense chain's boundaries 0 to L
   */
  Reconstruction(
      JavaSparkContext spark,
      PruneSettings settings,
      PruningPlan plan,
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
    this.plan = plan;
    this.passes = passes;
    this.model = model;
    this.dense = dense;
    this.workFolder = workFolder;
    this.windows = windows;
    this.engine = engine;
    this.events = events;
    this.stages = stages;
    level = settings.reconstruction().level();
    blockCount = model.model().blockCount();
  }

  /**
   * The windows that activations are of.
   *
   * @param pruning how many of them, from the first on, the pruner sees
   * @param calibration how many of them, from the first on, are trained on
   * @param all calibration and held-out windows
   * @param sequenceLength T
   */
  record Windows(int pruning, int calibration, int all, int sequenceLength) {}

  /**
   * What came of a block in a wave.
   *
   * @param errors of the chain up to this block, when the wave was done
   */
  record BlockResult(BlockOutcome outcome, ChainErrors errors) {}

  /** Runs the schedule; the sparse blocks are those of the last wave's files. */
  BlockFiles run() {
    if (settings.reconstruction().schedule() instanceof Schedule.Sequential) {
      return stages.run(
          "reconstruction, block by block",
          () -> level == Level.CR ? crossBlockSequential() : sequential());
    }
    int waves = settings.reconstruction().waves();
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
      Span span = new Span(List.of(member(block, 1)), student(input), dense.get(block + 1));
      BlockOutcome outcome = train(1, List.of(span)).get(0);
      Passes.Outcome pass = pass(block, block + 1, files(1), input, keep(block));
      results.add(new BlockResult(outcome, pass.errors().get(0)));
      input = advance(block, input, pass);
    }
    return files(1);
  }

  /**
   * The paper's rounds −1 to L−1: block 0 alone, then (i, i+1) for each i, then block L−1 alone. A
   * block is pruned in the first of its two rounds and final after the second.
   */
  private BlockFiles crossBlockSequential() {
    Span first = new Span(List.of(member(0, 1)), student(dense.get(0)), dense.get(1));
    BlockOutcome alone = train(1, List.of(first)).get(0);
    Passes.Outcome start = pass(0, 1, files(1), dense.get(0), Keep.NOTHING);
    results.add(new BlockResult(alone, start.errors().get(0)));
    BoundaryActivations input = dense.get(0);
    for (int block = 0; block < blockCount; block++) {
      int end = Math.min(block + 2, blockCount);
      List<Span.Member> members = new ArrayList<>(List.of(member(block, 2)));
      if (end == block + 2) {
        members.add(member(block + 1, 1));
      }
      Span span = new Span(members, student(input), dense.get(end));
      List<BlockOutcome> outcomes = train(2, List.of(span));
      Passes.Outcome pass = pass(block, end, firstFinal(block), input, keep(block));
      for (BlockOutcome outcome : outcomes) {
        results.add(new BlockResult(outcome, pass.errors().get(outcome.block() - block)));
      }
      input = advance(block, input, pass);
    }
    return files(2);
  }

  /** A block that is final, and blocks behind it that are not. */
  private BlockSource firstFinal(int block) {
    BlockFiles finished = files(2);
    BlockFiles begun = files(1);
    return (index, weights) -> (index == block ? finished : begun).read(index, weights);
  }

  private Passes.Outcome pass(
      int first, int end, BlockSource blocks, BoundaryActivations input, Keep keep) {
    return passes.sparse(
        "sparse", first, end, blocks, input, keep, dense.subList(first + 1, end + 1));
  }

  private Keep keep(int block) {
    return block == blockCount - 1 ? Keep.NOTHING : Keep.OUTPUTS;
  }

  /** The input of the block after {@code block}, if there is one; gives up all others. */
  private BoundaryActivations advance(int block, BoundaryActivations input, Passes.Outcome pass) {
    if (block > 0) {
      input.release();
    }
    pass.boundaries().stream().skip(1).forEach(BoundaryActivations::release);
    return pass.boundaries().stream().findFirst().orElse(input);
  }

  /** Trains all blocks at once. */
  private List<BlockOutcome> wave(int wave, Optional<List<BoundaryActivations>> sparse) {
    List<Span> spans = new ArrayList<>();
    int next = 0;
    while (next < blockCount) {
      int first = next;
      int end = Math.min(blockCount, first + width(wave, first));
      List<Span.Member> members =
          IntStream.range(first, end).mapToObj(block -> member(block, wave)).toList();
      Span.Student student =
          sparse.map(boundaries -> student(boundaries.get(first))).orElse(new Span.Student.Dense());
      spans.add(new Span(members, student, dense.get(end)));
      next = end;
    }
    return train(wave, spans);
  }

  /** CR trains the pairs (0,1), (2,3), … in one wave and (1,2), (3,4), … in the next. */
  private int width(int wave, int first) {
    if (level != Level.CR) {
      return 1;
    }
    return wave % 2 == 0 && first == 0 ? 1 : 2;
  }

  private Span.Member member(int block, int wave) {
    Span.Beginning beginning =
        wave == 1
            ? new Span.Beginning.Pruned(plan.block(block))
            : new Span.Beginning.Continued(files(wave - 1));
    return new Span.Member(block, wave, beginning, dense.get(block), files(wave));
  }

  private List<BlockOutcome> train(int wave, List<Span> spans) {
    SpanTask task = task(wave);
    ProgressAccumulator sink = events;
    List<Integer> indices = IntStream.range(0, spans.size()).boxed().toList();
    return spark
        .parallelize(indices, indices.size())
        .flatMap(index -> run(task, spans.get(index), sink).iterator())
        .collect();
  }

  private static List<BlockOutcome> run(SpanTask task, Span span, ProgressAccumulator events) {
    for (Span.Member member : span.members()) {
      events.add(
          new ProgressEvent.BlockStarted(
              member.wave() - 1, member.block(), task.training().epochs()));
    }
    return task.run(
        span,
        (errors, seconds) -> {
          for (Span.Member member : span.members()) {
            events.add(
                new ProgressEvent.BlockEpoch(
                    member.wave() - 1,
                    member.block(),
                    errors.epoch(),
                    errors.calibration(),
                    errors.heldOut(),
                    seconds / span.members().size()));
          }
        });
  }

  private SpanTask task(int wave) {
    ReconstructionSettings reconstruction = settings.reconstruction();
    TrainingSettings training =
        new TrainingSettings(
            level.trains() ? reconstruction.epochsOfWave(wave - 1) : 0,
            reconstruction.learningRate(),
            reconstruction.batchSize(),
            reconstruction.select(),
            settings.seed());
    return new SpanTask(
        model.model(),
        model,
        level,
        training,
        windows.pruning(),
        windows.calibration(),
        windows.all(),
        windows.sequenceLength(),
        engine);
  }

  private Span.Student student(BoundaryActivations sparse) {
    return settings.reconstruction().inputs() == Inputs.MIXED
        ? new Span.Student.Mixed(sparse)
        : new Span.Student.Exact(sparse);
  }

  private BlockFiles files(int wave) {
    return BlockFiles.ofWave(workFolder, wave, model.model(), model.hadoop());
  }
}
