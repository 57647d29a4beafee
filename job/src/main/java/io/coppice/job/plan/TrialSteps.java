package io.coppice.job.plan;

import io.coppice.job.block.LearningRateTrials;
import io.coppice.job.block.MaskTrials;
import io.coppice.job.block.TrialBlocks;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.Windows;
import java.util.ArrayList;
import java.util.List;

/**
 * Work of the trials that settings ask for; the pruning of their blocks is counted with them, the
 * last block's own loss and the metric are not.
 */
record TrialSteps(LanguageModel model, PruneSettings settings, Windows windows) {

  /**
   * A step for each kind of trials, in order.
   *
   * @param pruning operations of a block's pruning
   */
  List<WorkToDo.Step> list(Operations pruning) {
    List<WorkToDo.Step> steps = new ArrayList<>();
    if (training().triesRates()) {
      steps.add(learningRates(pruning));
    }
    if (settings.pruning().masks() instanceof Masks.Tried) {
      steps.add(masks(pruning));
    }
    return steps;
  }

  private ReconstructionSettings training() {
    return settings.reconstruction();
  }

  private WorkToDo.Step learningRates(Operations pruning) {
    int rates = LearningRateTrials.RATES.size();
    double trained =
        3.0 * LearningRateTrials.windows(windows.training().count(), training().batchSize());
    return WorkToDo.Step.once(
        "trials of learning rates",
        TrialBlocks.of(model.blockCount()).size() * rates,
        training(trained, 2).plus(pruning.times(1.0 / rates)));
  }

  private WorkToDo.Step masks(Operations pruning) {
    List<Integer> rounds = MaskTrials.epochs(training(), model.blockCount());
    int epochs = rounds.stream().mapToInt(Integer::intValue).sum();
    return WorkToDo.Step.once(
        "trials of masks",
        MaskTrials.count(),
        training(3.0 * epochs * windows.training().count(), epochs + rounds.size()).plus(pruning));
  }

  /**
   * Operations of a training.
   *
   * @param trained passes of a window, forward or backward
   * @param measurements of the errors on calibration and held-out text
   */
  private Operations training(double trained, int measurements) {
    return new Operations(trained, measurements * 2.0 * windows.heldOut().count())
        .times(WorkToDo.forward(model, windows.length()));
  }
}
