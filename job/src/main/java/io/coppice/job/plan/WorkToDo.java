package io.coppice.job.plan;

import io.coppice.job.config.Level;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruningMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * Floating point operations of a run; a multiplication and an addition count as two.
 *
 * @param pass of one chain's pass of all windows through all blocks
 * @param passes how many there are: the dense one, and one behind each wave
 * @param choice of passes of held-out windows, between levels
 * @param steps what blocks go through between the passes, in order
 * @param sequential whether the tasks of a wave wait for each other
 */
public record WorkToDo(
    double pass, int passes, double choice, List<Step> steps, boolean sequential) {
  public WorkToDo {
    steps = List.copyOf(steps);
  }

  /**
   * All blocks, in one way or another.
   *
   * @param name in the words of the documentation
   * @param tasks of a wave, of the one that has most
   * @param waves how often
   * @param task operations of such a task, all waves together
   */
  public record Step(String name, int tasks, int waves, double task) {}

  /** What the settings ask for. */
  static WorkToDo of(LanguageModel model, PruneSettings settings, Windows windows) {
    ReconstructionSettings training = settings.reconstruction();
    boolean sequential = training.isSequential();
    int blocks = model.blockCount();
    double pruning = pruning(model, settings, windows);
    List<Step> steps = new ArrayList<>();
    boolean shared = training.levels().size() > 1 && !sequential;
    if (shared) {
      steps.add(new Step("pruning", blocks, 1, pruning));
    }
    int waves = 0;
    for (Level level : training.levels()) {
      double work = training(model, training, level, windows) + (shared ? 0 : pruning);
      boolean pairs = level == Level.CR && !sequential;
      int tasks = pairs ? pairs(blocks, training.waves(level)) : blocks;
      steps.add(
          new Step(
              "reconstruction at level " + level,
              tasks,
              training.waves(level),
              pairs ? work * blocks / tasks : work));
      waves += training.waves(level);
    }
    double pass = forward(model, windows.length()) * windows.all() * blocks;
    int levels = training.levels().size();
    double trials = levels == 1 ? 0 : levels + (levels - 1.0) * blocks;
    double choice = trials * pass * windows.heldOut() / windows.all();
    return new WorkToDo(pass, 1 + waves, choice, steps, sequential);
  }

  /** (0, 1), (2, 3) … in one wave, and 0, (1, 2), (3, 4) … in the next. */
  private static int pairs(int blocks, int waves) {
    return waves == 1 ? (blocks + 1) / 2 : blocks / 2 + 1;
  }

  /** Of one block, all waves together. */
  private static double training(
      LanguageModel model, ReconstructionSettings settings, Level level, Windows windows) {
    double passes = 0;
    for (int wave = 0; wave < settings.waves(level); wave++) {
      int epochs = settings.epochsOfWave(level, wave);
      passes += (double) epochs * windows.trained() * (level == Level.BR ? 4 : 3);
      passes += level.trains() ? (epochs + 1.0) * 2 * windows.heldOut() : 0;
    }
    return passes * forward(model, windows.length());
  }

  /** A window forward through a block: its products, and attention to half of the window. */
  static double forward(LanguageModel model, int length) {
    double linear =
        model.blockWeights().stream()
            .filter(WeightShape::isPrunable)
            .mapToDouble(WeightShape::size)
            .sum();
    return length * (2 * linear + 2.0 * length * model.hiddenSize());
  }

  private static double pruning(LanguageModel model, PruneSettings settings, Windows windows) {
    boolean hessians =
        settings.pruning().method() == PruningMethod.SPARSEGPT
            || settings.pruning().refitIterations() > 0;
    double work = forward(model, windows.length()) * windows.pruned();
    if (!hessians) {
      return work;
    }
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable()) {
        double columns = shape.columns();
        // Half of XᵀX, two factorisations and an inverse, and the update of the weights.
        work += windows.pruned() * windows.length() * columns * columns;
        work += 4.0 / 3 * columns * columns * columns + shape.size() * columns;
      }
    }
    return work;
  }

  /** Tasks that may work at a time at some point of the run. */
  int tasksAtATime() {
    return sequential ? 1 : steps.stream().mapToInt(Step::tasks).max().orElse(1);
  }

  /**
   * Seconds that it takes.
   *
   * @param slots tasks at a time
   * @param rate floating point operations a second of one task
   */
  double seconds(int slots, double rate) {
    double work = (pass * passes + choice) / slots;
    for (Step step : steps) {
      double turns = sequential ? step.tasks() : Math.ceil((double) step.tasks() / slots);
      work += turns * step.task();
    }
    return work / rate;
  }

  /**
   * The windows of a run.
   *
   * @param pruned that the pruner sees
   * @param trained that are trained on
   * @param heldOut that only measure
   * @param length tokens of each
   */
  public record Windows(int pruned, int trained, int heldOut, int length) {
    /** What the settings ask for, if the text holds as many. */
    public static Windows of(PruneSettings settings, LanguageModel model) {
      int samples = settings.calibration().samples();
      return new Windows(
          samples,
          samples + settings.selfGenerated().windows(),
          settings.calibration().heldOutSamples(),
          settings.calibration().sequenceLength().resolve(model.maxPositions()));
    }

    int all() {
      return trained + heldOut;
    }
  }
}
