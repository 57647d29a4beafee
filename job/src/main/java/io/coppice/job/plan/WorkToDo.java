package io.coppice.job.plan;

import io.coppice.job.cli.Level;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.schedule.Round;
import io.coppice.job.schedule.Rounds;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruningMethod;
import io.coppice.reconstruct.Windows;
import java.util.ArrayList;
import java.util.List;

/**
 * Work of a run.
 *
 * @param pass operations of one pass of all windows through all blocks
 * @param passes number of passes: the dense one, and one after each turn of all blocks
 * @param choice operations of the passes of held-out windows that choose between levels
 * @param steps steps that blocks go through between the passes, in order
 */
public record WorkToDo(Operations pass, int passes, Operations choice, List<Step> steps) {
  public WorkToDo {
    steps = List.copyOf(steps);
  }

  /**
   * A step that all blocks go through.
   *
   * @param name name in the words of the documentation
   * @param tasks tasks of the wave that has most; where rounds are no waves, one for each block
   * @param atATime tasks that do not wait for each other
   * @param waves number of waves
   * @param task operations of such a task, all waves together
   */
  public record Step(String name, int tasks, int atATime, int waves, Operations task) {
    boolean isOneByOne() {
      return atATime < tasks;
    }
  }

  /** The work that the settings ask for. */
  static WorkToDo of(LanguageModel model, PruneSettings settings, Windows windows) {
    ReconstructionSettings training = settings.reconstruction();
    int blocks = model.blockCount();
    int levels = training.levels().size();
    Operations pruning = pruning(model, settings, windows);
    List<Step> steps = new ArrayList<>();
    boolean shared = settings.levelsSharePruning(blocks);
    if (shared) {
      steps.add(new Step("pruning", blocks, blocks, 1, pruning));
    }
    int passes = 1;
    for (Level level : training.levels()) {
      Rounds rounds = training.rounds(level, blocks);
      Operations trained = training(model, rounds, level, windows);
      Operations block = shared ? trained : trained.plus(pruning);
      int tasks = rounds.areWaves() ? rounds.spansAtOnce() : blocks;
      steps.add(
          new Step(
              "reconstruction at level " + level,
              tasks,
              rounds.spansAtOnce(),
              rounds.timesEachBlock(),
              block.times((double) blocks / tasks)));
      passes += rounds.timesEachBlock();
    }
    double pass = forward(model, windows.length()) * windows.all().count() * blocks;
    double trials = levels == 1 ? 0 : levels + (levels - 1.0) * blocks;
    double choice = trials * pass * windows.heldOut().count() / windows.all().count();
    return new WorkToDo(Operations.float32(pass), passes, Operations.float32(choice), steps);
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
        // Half of XᵀX, two factorisations and an inverse, and the update of the weights.
        work += windows.calibration().count() * windows.length() * columns * columns;
        work += 4.0 / 3 * columns * columns * columns + shape.size() * columns;
      }
    }
    return Operations.float32(work);
  }

  /** The most tasks that may work at a time. */
  int tasksAtATime() {
    return steps.stream().mapToInt(Step::atATime).max().orElse(1);
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
      int atATime = Math.min(slots, step.atATime());
      double turns = Math.ceil((double) step.tasks() / atATime);
      seconds += turns * step.task().seconds(speed) / gain(executors, atATime);
    }
    return seconds;
  }

  /** The gain by the cores that each of so many tasks has. */
  private static double gain(ExecutorShape executors, int tasks) {
    int ofAnExecutor = (tasks + executors.executors() - 1) / executors.executors();
    return Speed.gain(Math.max(1, executors.cores() / ofAnExecutor));
  }
}
