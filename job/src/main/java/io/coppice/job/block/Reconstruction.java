package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.chain.SparseChain;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cluster.CoreClock;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.Stages;
import io.coppice.job.schedule.Rounds;
import io.coppice.job.schedule.Span;
import io.coppice.reconstruct.TrainingSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Prunes and reconstructs all blocks of a model at one level, round by round: trains the round's
 * spans, a task each, and then makes the sparse chain anew across them, which measures them and
 * gives the next round its inputs. The schedule decides which rounds there are. Lives on the
 * driver.
 */
public final class Reconstruction {
  private final CalibratedModel calibrated;
  private final ReconstructionSettings settings;
  private final Goal goal;
  private final Progress progress;
  private final Stages stages;
  private final Rounds rounds;
  private final SparseChain chain;
  private final Assignments assignments;
  private final TakenOver takenOver;
  private final List<MeasuredBlock> blocks = new ArrayList<>();

  /**
   * The model that is to be made.
   *
   * @param level one of those in the settings
   * @param beginnings of all blocks
   * @param seed decides the order of windows and the mixing of inputs
   * @param folder receives the blocks; those that an earlier run has finished there are taken over
   */
  public record Goal(Level level, Beginnings beginnings, long seed, String folder) {}

  /**
   * @param settings of the training
   * @param progress receives the events of training
   */
  public Reconstruction(
      CalibratedModel calibrated, ReconstructionSettings settings, Goal goal, Progress progress) {
    this.calibrated = calibrated;
    this.settings = settings;
    this.goal = goal;
    this.progress = progress;
    stages = new Stages(progress);
    rounds = settings.rounds(goal.level(), calibrated.blockCount());
    chain = new SparseChain(calibrated);
    assignments = new Assignments(calibrated, goal, rounds, chain, settings.objective());
    takenOver = new TakenOver(rounds, ofSeveral(" at level " + goal.level()), stages);
  }

  /** Words that matter only where the run has several levels. */
  private String ofSeveral(String words) {
    return settings.levels().size() > 1 ? words : "";
  }

  /** Runs all rounds. */
  public ReconstructedModel run() {
    // Events of one block, wave and epoch are reported once, so each reconstruction has its own.
    try (ExecutorProgress events = new ExecutorProgress(calibrated.spark().sc(), progress)) {
      if (rounds.areWaves()) {
        runRounds(events.accumulator());
      } else {
        stages.perform(
            "%s, block by block".formatted(title()), () -> runRounds(events.accumulator()));
      }
    }
    return new ReconstructedModel(assignments.finished(), blocks);
  }

  private void runRounds(ProgressAccumulator events) {
    for (int index = 0; index < rounds.list().size(); index++) {
      int number = index;
      Span extent = rounds.list().get(index).extent();
      List<FinishedBlock> finished = stage(title(), index, () -> train(number, events));
      List<ChainErrors> errors = stage("sparse pass", index, () -> advance(number));
      for (FinishedBlock block : finished) {
        blocks.add(new MeasuredBlock(block, errors.get(block.block() - extent.first())));
      }
    }
  }

  private String title() {
    return "reconstruction" + ofSeveral(" at level " + goal.level());
  }

  /** Runs a wave's work as a stage of its own; other rounds are too many and too short for that. */
  private <T> T stage(String name, int index, Supplier<T> work) {
    return rounds.areWaves()
        ? stages.run("%s, wave %d of %d".formatted(name, index + 1, rounds.list().size()), work)
        : work.get();
  }

  /** Makes the sparse chain anew across a round's blocks. */
  private List<ChainErrors> advance(int index) {
    String name = "sparse-" + goal.level();
    return chain.advance(
        rounds.areWaves() ? name + "-" + (index + 1) : name,
        rounds.list().get(index).extent(),
        assignments.after(index),
        rounds.boundariesReadAfter(index));
  }

  /** Trains the spans that no earlier run has finished; gives all blocks, in order. */
  private List<FinishedBlock> train(int index, ProgressAccumulator events) {
    List<FinishedBlock> finished = new ArrayList<>();
    List<SpanAssignment> pending = new ArrayList<>();
    for (SpanAssignment assignment : assignments.of(index)) {
      assignment.finished().ifPresentOrElse(finished::addAll, () -> pending.add(assignment));
    }
    takenOver.add(index, finished, pending.isEmpty());
    if (!pending.isEmpty()) {
      finished.addAll(inTasks(pending, task(rounds.list().get(index).epochs()), events));
    }
    return finished.stream().sorted(Comparator.comparingInt(FinishedBlock::block)).toList();
  }

  private List<FinishedBlock> inTasks(
      List<SpanAssignment> pending, SpanTask task, ProgressAccumulator events) {
    // Tasks start in this order; those that take longest should not be the last, so that pairs fill
    // the slots and single blocks share what is left.
    Comparator<SpanAssignment> lastBlockFirst =
        Comparator.comparing(assignment -> !assignment.loss().comparesDistributions());
    Comparator<SpanAssignment> shorter =
        Comparator.comparing(assignment -> assignment.members().size());
    List<SpanAssignment> assignments =
        pending.stream().sorted(lastBlockFirst.thenComparing(shorter.reversed())).toList();
    List<Integer> indices = IntStream.range(0, assignments.size()).boxed().toList();
    return calibrated
        .spark()
        .parallelize(indices, indices.size())
        .flatMap(index -> run(task, assignments.get(index), events).iterator())
        .collect();
  }

  private static List<FinishedBlock> run(
      SpanTask task, SpanAssignment assignment, ProgressAccumulator events) {
    SpanProgress progress =
        new SpanProgress(assignment, task.training().epochs(), events, new CoreClock());
    progress.started();
    return task.run(assignment, progress);
  }

  private SpanTask task(int epochs) {
    TrainingSettings training =
        new TrainingSettings(
            epochs, settings.rate(), settings.batchSize(), settings.select(), goal.seed());
    return new SpanTask(
        calibrated.dense(),
        goal.level(),
        training,
        calibrated.passes().windows(),
        calibrated.engine());
  }
}
