package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.cli.ReconstructionSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;

/**
 * {@code --learning-rate auto}: tries rates on the first, a middle and the last block, each for a
 * few steps ({@link LearningRateTrial}), and takes the one that lowers their losses most, by the
 * mean of the logarithms. Lives on the driver.
 *
 * @param trials the mean of each rate, in rising order
 * @param chosen the rate
 */
public record LearningRateTrials(List<Trial> trials, double chosen) {
  /** The rates that are tried. */
  public static final List<Double> RATES = List.of(1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3);

  public LearningRateTrials {
    trials = List.copyOf(trials);
  }

  /**
   * A rate and its worth.
   *
   * @param lossLeft the share of the loss that its trials left, the geometric mean over blocks;
   *     infinite if one diverged
   */
  public record Trial(double rate, double lossLeft) {}

  /** Windows that a trial is trained on, of so many. */
  public static int windows(int training, int batchSize) {
    return (int) Math.min(training, (long) LearningRateTrial.STEPS * batchSize);
  }

  /**
   * Tries all rates, or takes over what an earlier run found.
   *
   * @param plan by which blocks are pruned first
   */
  static LearningRateTrials run(TrialRun run, ReconstructionSettings settings, PruningPlan plan) {
    return run.find(
        "learning-rate",
        "trials of learning rates",
        LearningRateTrials.class,
        folder -> new Search(run.calibrated(), settings, plan, run.seed()).search(folder));
  }

  /** In words. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Learning rate: %s, of %s (share of the loss that short trials left)",
        chosen,
        trials.stream()
            .map(trial -> String.format(Locale.ROOT, "%s (%.4f)", trial.rate(), trial.lossLeft()))
            .collect(Collectors.joining(", ")));
  }

  /** All that a search needs. */
  private record Search(
      CalibratedModel calibrated, ReconstructionSettings settings, PruningPlan plan, long seed) {

    LearningRateTrials search(Path folder) {
      BlockFiles pruned =
          new BlockFiles(
              folder.toString(), calibrated.dense().model(), calibrated.dense().hadoop());
      List<Integer> blocks = TrialBlocks.of(calibrated.blockCount());
      prune(blocks, pruned);
      List<Trial> trials = trials(blocks, pruned);
      return new LearningRateTrials(
          trials,
          trials.stream().min(Comparator.comparingDouble(Trial::lossLeft)).orElseThrow().rate());
    }

    private void prune(List<Integer> blocks, BlockFiles pruned) {
      PruningTask task =
          new PruningTask(
              calibrated.dense(),
              List.of(pruned),
              calibrated.passes().windows(),
              calibrated.engine());
      List<PruningPlan.Block> plans = blocks.stream().map(plan.blocks()::get).toList();
      var inputs = blocks.stream().map(calibrated.boundaries()::get).toList();
      List<Integer> indices = IntStream.range(0, blocks.size()).boxed().toList();
      calibrated
          .spark()
          .parallelize(indices, indices.size())
          .foreach(
              index ->
                  task.run(
                      blocks.get(index),
                      List.of(plans.get(index)),
                      inputs.get(index),
                      timed -> {}));
    }

    private List<Trial> trials(List<Integer> blocks, BlockFiles pruned) {
      LearningRateTrial trial =
          new LearningRateTrial(
              calibrated.dense(),
              pruned,
              calibrated.passes().windows(),
              calibrated.engine(),
              new LearningRateTrial.Batches(settings.batchSize(), seed));
      List<LearningRateTrial.Candidate> candidates = blocks.stream().map(this::candidate).toList();
      // One task for each rate and block: rate by rate, as they are listed.
      List<Integer> indices = IntStream.range(0, RATES.size() * candidates.size()).boxed().toList();
      List<Double> logarithms =
          calibrated
              .spark()
              .parallelize(indices, indices.size())
              .map(
                  index ->
                      trial.run(
                          candidates.get(index % candidates.size()),
                          RATES.get(index / candidates.size())))
              .collect();
      List<Trial> trials = new ArrayList<>();
      for (int rate = 0; rate < RATES.size(); rate++) {
        double mean =
            logarithms.subList(rate * candidates.size(), (rate + 1) * candidates.size()).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
        trials.add(new Trial(RATES.get(rate), Math.exp(mean)));
      }
      return trials;
    }

    private LearningRateTrial.Candidate candidate(int block) {
      return new LearningRateTrial.Candidate(
          block,
          calibrated.boundaries().get(block),
          calibrated.boundaries().get(block + 1),
          SpanLoss.of(calibrated, settings.objective(), TrialBlocks.level(settings), block + 1));
    }
  }
}
