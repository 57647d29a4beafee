package io.coppice.job.block;

import io.coppice.job.cli.Masks;
import io.coppice.job.cli.ReconstructionSettings;
import java.util.Optional;

/**
 * All that is found by trials on a few blocks before the first round, first the learning rate, then
 * the masks at that rate. Lives on the driver.
 *
 * @param plan by which weights are pruned, its masks known
 * @param training of the weights that stay, its rate known
 * @param found that which was tried
 */
public record Trials(PruningPlan plan, ReconstructionSettings training, Found found) {

  /**
   * The outcome of what was tried.
   *
   * @param learningRates of rates, if they were
   * @param masks of masks, if they were
   */
  public record Found(Optional<LearningRateTrials> learningRates, Optional<MaskTrials> masks) {}

  /**
   * Runs the trials that settings ask for; takes over what an earlier run found.
   *
   * @param plan by which weights are pruned
   */
  public static Trials run(TrialRun run, ReconstructionSettings settings, PruningPlan plan) {
    Optional<LearningRateTrials> rates =
        settings.triesRates()
            ? Optional.of(LearningRateTrials.run(run, settings, plan))
            : Optional.empty();
    ReconstructionSettings training =
        rates.map(found -> settings.at(found.chosen())).orElse(settings);
    if (!(plan.masks() instanceof Masks.Tried tried)) {
      return new Trials(plan, training, new Found(rates, Optional.empty()));
    }
    MaskTrials masks = MaskTrials.run(run, training, tried, plan);
    return new Trials(
        plan.with(tried.chosen(masks.chosen())), training, new Found(rates, Optional.of(masks)));
  }
}
