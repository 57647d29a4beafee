package io.coppice.job.block;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.block.Reconstructed.BlockResult;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.ChainPass.Keep;
import io.coppice.job.chain.Passes;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.config.Inputs;
import io.coppice.job.config.Level;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.model.BlockSource;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.text.CalibrationWindows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Prunes and reconstructs all blocks at one level, in the order that the schedule asks for; lives
 * on the driver.
 *
 * <ul>
 *   <li>{@code sequential}: one block after the other, each on the exact output of the sparse
 *       blocks before it, as in the paper; for CR each block with the one after it.
 *   <li>{@code parallel}: all blocks at once, on dense inputs.
 *   <li>{@code waves}: as parallel, then again from the weights so far, on inputs from the sparse
 *       model that the wave before left.
 * </ul>
 */
public final class Reconstruction {
  private final CalibratedModel calibrated;
  private final ReconstructionSettings settings;
  private final IntFunction<Span.Beginning> beginning;
  private final Level level;
  private final long seed;
  private final List<BoundaryActivations> dense;
  private final String folder;
  private final ProgressAccumulator events;
  private final Stages stages;
  private final int blockCount;
  private final List<BlockResult> results = new ArrayList<>();

  /** What a run before this one has finished, and no line has told of yet. */
  private final List<BlockOutcome> takenOver = new ArrayList<>();

  /**
   * @param settings how
   * @param beginning of each block, before it is trained for the first time
   * @param level what is solved, one of the settings'
   * @param seed decides the order of windows and the mixing of inputs
   * @param folder where blocks go; those that a run before this one has finished there are taken
   *     over
   */
  public Reconstruction(
      CalibratedModel calibrated,
      ReconstructionSettings settings,
      IntFunction<Span.Beginning> beginning,
      Level level,
      long seed,
      String folder,
      ProgressAccumulator events,
      Stages stages) {
    this.calibrated = calibrated;
    this.settings = settings;
    this.beginning = beginning;
    this.level = level;
    this.seed = seed;
    this.folder = folder;
    this.events = events;
    this.stages = stages;
    dense = calibrated.boundaries();
    blockCount = calibrated.blockCount();
  }

  /** Runs the schedule. */
  public Reconstructed run() {
    BlockFiles files = runSchedule();
    reportTakenOver(1);
    return new Reconstructed(files, results);
  }

  private BlockFiles runSchedule() {
    if (settings.isSequential()) {
      return stages.run(
          "%s, block by block".formatted(stage()),
          () -> level == Level.CR ? crossBlockSequential() : sequential());
    }
    int waves = settings.waves(level);
    Optional<List<BoundaryActivations>> sparse = Optional.empty();
    for (int wave = 1; wave <= waves; wave++) {
      int number = wave;
      Optional<List<BoundaryActivations>> inputs = sparse;
      List<BlockOutcome> outcomes =
          stages.run(
              "%s, wave %d of %d".formatted(stage(), wave, waves), () -> wave(number, inputs));
      sparse.ifPresent(old -> old.subList(1, old.size()).forEach(BoundaryActivations::release));
      Passes.Outcome pass =
          stages.run(
              "sparse pass, wave %d of %d".formatted(wave, waves),
              () ->
                  passes()
                      .sparse(
                          "sparse-%s-%d".formatted(level, number),
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

  private String stage() {
    return settings.levels().size() > 1 ? "reconstruction at level " + level : "reconstruction";
  }

  private Passes passes() {
    return calibrated.passes();
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
    return passes()
        .sparse(
            "sparse-" + level, first, end, blocks, input, keep, dense.subList(first + 1, end + 1));
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
    Span.Beginning start =
        wave == 1
            ? beginning.apply(block)
            : new Span.Beginning.Continued(files(wave - 1), List.of());
    return new Span.Member(block, wave, start, dense.get(block), files(wave));
  }

  /** Trains the spans that no run before this one has finished; gives all blocks, in order. */
  private List<BlockOutcome> train(int wave, List<Span> spans) {
    List<BlockOutcome> outcomes = new ArrayList<>();
    List<Span> pending = new ArrayList<>();
    spans.forEach(
        span -> span.finished().ifPresentOrElse(outcomes::addAll, () -> pending.add(span)));
    takenOver.addAll(outcomes);
    if (!pending.isEmpty() || !settings.isSequential()) {
      reportTakenOver(wave);
    }
    outcomes.addAll(trainPending(wave, pending));
    return outcomes.stream().sorted(Comparator.comparingInt(BlockOutcome::block)).toList();
  }

  private List<BlockOutcome> trainPending(int wave, List<Span> spans) {
    if (spans.isEmpty()) {
      return List.of();
    }
    SpanTask task = task(wave);
    ProgressAccumulator sink = events;
    List<Integer> indices = IntStream.range(0, spans.size()).boxed().toList();
    return calibrated
        .spark()
        .parallelize(indices, indices.size())
        .flatMap(index -> run(task, spans.get(index), sink).iterator())
        .collect();
  }

  /** Says once what was taken over: of a wave, or of all that is done block by block. */
  private void reportTakenOver(int wave) {
    if (takenOver.isEmpty()) {
      return;
    }
    int rounds = settings.isSequential() && level == Level.CR ? 2 : 1;
    String what =
        settings.isSequential()
            ? rounds == 2 ? "blocks in two rounds" : "blocks"
            : "blocks of wave " + wave;
    stages.report(
        new ProgressEvent.TakenOver(
            takenOver.size(),
            rounds * blockCount,
            settings.levels().size() > 1 ? what + " at level " + level : what,
            takenOver.stream().mapToInt(BlockOutcome::trainedEpochs).sum()));
    takenOver.clear();
  }

  private static List<BlockOutcome> run(SpanTask task, Span span, ProgressAccumulator events) {
    SpanProgress progress = new SpanProgress(span, task.training().epochs(), events);
    progress.started();
    return task.run(span, progress);
  }

  private SpanTask task(int wave) {
    TrainingSettings training =
        new TrainingSettings(
            settings.epochsOfWave(level, wave - 1),
            settings.learningRate(),
            settings.batchSize(),
            settings.select(),
            seed);
    CalibrationWindows windows = calibrated.windows();
    return new SpanTask(
        calibrated.dense().model(),
        calibrated.dense(),
        level,
        training,
        windows.calibration().length,
        windows.training(),
        windows.all().length,
        windows.sequenceLength(),
        calibrated.engine());
  }

  private Span.Student student(BoundaryActivations sparse) {
    return settings.inputs() == Inputs.MIXED
        ? new Span.Student.Mixed(sparse)
        : new Span.Student.Exact(sparse);
  }

  private BlockFiles files(int wave) {
    ModelOnCluster model = calibrated.dense();
    return BlockFiles.in(folder, "wave-" + wave, model.model(), model.hadoop());
  }
}
