package io.coppice.job.plan;

import io.coppice.job.config.Level;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruningMethod;

/**
 * Floating point operations of a run; a multiplication and an addition count as two.
 *
 * @param pass of one chain's pass of all windows through all blocks
 * @param passes how many there are: the dense one, and one behind each wave
 * @param task of one block's (CR: one pair's) tasks, all waves together, its pruning included
 * @param tasks of one wave
 * @param waves over all levels
 * @param sequential whether a wave's tasks wait for each other
 */
public record WorkToDo(
    double pass, int passes, double task, int tasks, int waves, boolean sequential) {

  /** What the settings ask for. */
  static WorkToDo of(LanguageModel model, PruneSettings settings, Windows windows) {
    ReconstructionSettings training = settings.reconstruction();
    boolean sequential = training.isSequential();
    double forward = forward(model, windows.length());
    double pass = forward * windows.all() * model.blockCount();
    int waves = 0;
    double task = 0;
    int tasks = model.blockCount();
    for (Level level : training.levels()) {
      int span = level == Level.CR ? 2 : 1;
      if (!sequential && span == 2) {
        tasks = (model.blockCount() + 1) / 2;
      }
      double steps = 0;
      for (int wave = 0; wave < training.waves(level); wave++) {
        int epochs = training.epochsOfWave(level, wave);
        steps += (double) epochs * windows.trained() * (level == Level.BR ? 4 : 3);
        steps += level.trains() ? (epochs + 1.0) * 2 * windows.heldOut() : 0;
      }
      waves += training.waves(level);
      task += span * (forward * steps + pruning(model, settings, windows));
    }
    return new WorkToDo(pass, 1 + waves, task, tasks, waves, sequential);
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

  /**
   * Seconds that it takes.
   *
   * @param slots tasks at a time
   * @param rate floating point operations a second of one task
   */
  double seconds(int slots, double rate) {
    double turns = sequential ? tasks : Math.ceil((double) tasks / slots);
    return (pass * passes / slots + turns * task) / rate;
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
