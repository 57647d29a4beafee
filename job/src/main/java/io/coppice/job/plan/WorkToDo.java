package io.coppice.job.plan;

import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.schedule.Round;
import io.coppice.job.schedule.Rounds;
import io.coppice.job.schedule.Span;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruningMethod;
import io.coppice.reconstruct.DistributionSettings;
import io.coppice.reconstruct.LossKind;
import io.coppice.reconstruct.Windows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Work of a run.
 *
 * @param pass operations of one pass of all windows through all blocks
 * @param passes number of passes: the dense one, and one after each turn of all blocks
 * @param choice operations of the passes of held-out windows that choose between levels
 * @param steps steps that blocks go through between the passes, in order
 * @param tasksAtATime the most tasks of a reconstruction that may work at a time
 */
public record WorkToDo(
    Operations pass, int passes, Operations choice, List<Step> steps, int tasksAtATime) {
  public WorkToDo {
    steps = List.copyOf(steps);
  }

  /**
   * A step that all blocks go through.
   *
   * @param name name in the words of the documentation
   * @param lengths blocks of each task, in the model's order, of each wave; where rounds are no
   *     waves, of each block
   * @param atATime tasks that do not wait for each other
   * @param work operations of a block, all waves together
   */
  public record Step(String name, List<List<Integer>> lengths, int atATime, Work work) {
    public Step {
      lengths = List.copyOf(lengths);
    }

    /** A step of tasks that are alike, all at once and once only. */
    static Step once(String name, int tasks, Operations task) {
      return new Step(
          name, List.of(Collections.nCopies(tasks, 1)), tasks, new Work(task, Operations.NONE));
    }

    /** Tasks of the wave that has most. */
    int tasks() {
      return lengths.stream().mapToInt(List::size).max().orElseThrow();
    }

    int waves() {
      return lengths.size();
    }

    boolean isOneByOne() {
      return atATime < tasks();
    }
  }

  /**
   * Operations of a step.
   *
   * @param block operations of each block
   * @param lastBlock operations that the task of the last block has besides
   */
  public record Work(Operations block, Operations lastBlock) {}

  /** The work that the settings ask for. */
  static WorkToDo of(LanguageModel model, PruneSettings settings, Windows windows) {
    ReconstructionSettings training = settings.reconstruction();
    int blocks = model.blockCount();
    int levels = training.levels().size();
    Operations pruning = pruning(model, settings, windows);
    List<Step> steps = new ArrayList<>();
    if (training.needsMetrics()) {
      steps.add(Step.once("metric of errors", blocks, metrics(model, windows).times(1.0 / blocks)));
    }
    boolean shared = settings.levelsSharePruning(blocks);
    if (shared) {
      steps.add(Step.once("pruning", blocks, pruning));
    }
    steps.addAll(new TrialSteps(model, settings, windows).list(pruning));
    int passes = 1;
    int tasksAtATime = 1;
    for (Level level : training.levels()) {
      Rounds rounds = training.rounds(level, blocks);
      Operations trained =
          training(model, rounds, level, windows)
              .plus(weighing(model, rounds, level, training, windows));
      Operations block = shared && settings.prunesAtOnce(level) ? trained : trained.plus(pruning);
      steps.add(
          new Step(
              "reconstruction at level " + level,
              lengths(rounds),
              rounds.spansAtOnce(),
              new Work(
                  block,
                  training
                      .lastBlock()
                      .towards(level)
                      .map(distributions -> lastBlock(model, rounds, distributions, windows))
                      .orElse(Operations.NONE))));
      passes += rounds.timesEachBlock();
      tasksAtATime = Math.max(tasksAtATime, rounds.spansAtOnce());
    }
    double pass = forward(model, windows.length()) * windows.all().count() * blocks;
    double trials = levels == 1 ? 0 : levels + (levels - 1.0) * blocks;
    double choice = trials * pass * windows.heldOut().count() / windows.all().count();
    return new WorkToDo(
        Operations.float32(pass), passes, Operations.float32(choice), steps, tasksAtATime);
  }

  private static List<List<Integer>> lengths(Rounds rounds) {
    return rounds.areWaves()
        ? rounds.list().stream()
            .map(round -> round.spans().stream().map(Span::length).toList())
            .toList()
        : Collections.nCopies(rounds.timesEachBlock(), Collections.nCopies(rounds.blocks(), 1));
  }

  /** Operations of the training of one block, all its rounds together. */
  private static Operations training(
      LanguageModel model, Rounds rounds, Level level, Windows windows) {
    Operations passes = Operations.NONE;
    for (Round round : rounds.list()) {
      if (round.trains()) {
        double trained =
            (double) round.epochs() * windows.training().count() * (level == Level.BR ? 4 : 3);
        double measured = (round.epochs() + 1.0) * 2 * windows.heldOut().count();
        passes = passes.plus(new Operations(trained, measured).times(round.extent().length()));
      }
    }
    return passes.times(forward(model, windows.length()) / rounds.blocks());
  }

  /**
   * Operations of taking all training windows back through the model, without its first block: its
   * outputs again, and the gradients by its inputs; and of the sums of their outer products.
   */
  private static Operations metrics(LanguageModel model, Windows windows) {
    double count = windows.training().count();
    int length = windows.length();
    double logits = 4.0 * length * model.vocabularySize() * model.embeddingSize();
    double back = 2.0 * (model.blockCount() - 1) * forward(model, length);
    double sums = (double) model.blockCount() * length * model.hiddenSize() * model.hiddenSize();
    return new Operations(count * (logits + back), count * sums);
  }

  /** Operations of weighing one block's errors by a metric, all its rounds together. */
  private static Operations weighing(
      LanguageModel model,
      Rounds rounds,
      Level level,
      ReconstructionSettings settings,
      Windows windows) {
    double product = 2.0 * windows.length() * model.hiddenSize() * model.hiddenSize();
    Operations all = Operations.NONE;
    for (Round round : rounds.list()) {
      long spans =
          round.spans().stream()
              .map(span -> settings.objective().loss(level, span.end() == rounds.blocks()))
              .filter(LossKind.Metric.class::isInstance)
              .count();
      double trained = (double) round.epochs() * windows.training().count();
      double measured = (round.epochs() + 1.0) * 2 * windows.heldOut().count();
      if (round.trains()) {
        all = all.plus(new Operations(trained, measured).times(spans * product));
      }
    }
    return all.times(1.0 / rounds.blocks());
  }

  /**
   * Operations of the logits of the last block's output and target, and of the gradient by them;
   * all rounds together.
   */
  private static Operations lastBlock(
      LanguageModel model, Rounds rounds, DistributionSettings distributions, Windows windows) {
    double logits = 2.0 * model.vocabularySize() * model.embeddingSize();
    double ofWindow = logits * distributions.tokens(windows.length());
    Operations all = Operations.NONE;
    for (Round round : rounds.list()) {
      if (round.trains() && round.extent().end() == rounds.blocks()) {
        double trained = 3.0 * round.epochs() * windows.training().count();
        double measured = 2 * ((round.epochs() + 1.0) * 2 + 1) * windows.heldOut().count();
        all = all.plus(new Operations(trained, measured).times(ofWindow));
      }
    }
    return all;
  }

  /** Operations of a window forward through a block: products, and attention to half of it. */
  static double forward(LanguageModel model, int length) {
    double linear =
        model.blockWeights().stream()
            .filter(WeightShape::isPrunable)
            .mapToDouble(WeightShape::size)
            .sum();
    return length * (2 * linear + 2.0 * length * model.hiddenSize());
  }

  private static Operations pruning(LanguageModel model, PruneSettings settings, Windows windows) {
    boolean hessians =
        settings.pruning().method() == PruningMethod.SPARSEGPT
            || settings.pruning().refitIterations() > 0;
    double work = forward(model, windows.length()) * windows.calibration().count();
    if (!hessians) {
      return Operations.float32(work);
    }
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable()) {
        double columns = shape.columns();
        // Half of XᵀX; a factor and its inverse, twice because in float64; the weights' update.
        work += windows.calibration().count() * windows.length() * columns * columns;
        work += 4.0 / 3 * columns * columns * columns + shape.size() * columns;
      }
    }
    return Operations.float32(work);
  }

  /**
   * Seconds that the work will last. Cores that have no task of their own help those of the same
   * executor.
   *
   * @param speed of one core
   */
  double seconds(ExecutorShape executors, Speed speed) {
    int slots = executors.allSlots();
    Operations passing = pass.times(passes).plus(choice);
    double seconds = passing.seconds(speed) / (slots * gain(executors, slots));
    for (Step step : steps) {
      seconds += seconds(step, executors, speed);
    }
    return seconds;
  }

  private static double seconds(Step step, ExecutorShape executors, Speed speed) {
    int atATime = Math.min(executors.allSlots(), step.atATime());
    double gain = gain(executors, atATime);
    double block = step.work().block().seconds(speed) / gain / step.waves();
    double more = step.work().lastBlock().seconds(speed) / gain / step.waves();
    double helped = gain(executors, 1) / gain;
    return step.lengths().stream()
        .mapToDouble(lengths -> wave(lengths, atATime, block, more, helped))
        .sum();
  }

  /**
   * Seconds of a wave whose tasks begin as {@link io.coppice.job.block.Reconstruction} has them
   * begin: that of the last block first, then the longer ones.
   *
   * @param lengths blocks of each task, in the model's order
   * @param block seconds of a block
   * @param more seconds that the task of the last block takes besides
   * @param helped how many times as fast a task is that is the only one left
   */
  private static double wave(
      List<Integer> lengths, int atATime, double block, double more, double helped) {
    int last = lengths.size() - 1;
    double ofLast = lengths.get(last) * block + more;
    PriorityQueue<Double> free = new PriorityQueue<>(Collections.nCopies(atATime - 1, 0.0));
    free.add(ofLast);
    double others = 0;
    List<Integer> longerFirst =
        lengths.subList(0, last).stream().sorted(Comparator.reverseOrder()).toList();
    for (int length : longerFirst) {
      double end = free.remove() + length * block;
      others = Math.max(others, end);
      free.add(end);
    }
    return others + Math.max(0, ofLast - others) / helped;
  }

  /** The gain by the cores that each of so many tasks has. */
  private static double gain(ExecutorShape executors, int tasks) {
    int ofAnExecutor = (tasks + executors.executors() - 1) / executors.executors();
    return Speed.gain(Math.max(1, executors.cores() / ofAnExecutor));
  }
}
