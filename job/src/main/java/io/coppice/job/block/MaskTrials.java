package io.coppice.job.block;

import io.coppice.failure.UsageException;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.TaskRun;
import io.coppice.job.schedule.InputChain;
import io.coppice.job.schedule.Round;
import io.coppice.reconstruct.DivergedException;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.Selection;
import io.coppice.reconstruct.TrainingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;

/**
 * {@code --masks auto}: trains a middle block by itself through all rounds that the schedule has
 * for it, but on the dense chain throughout, once with masks that are chosen at once and once with
 * masks that shrink. The second are taken if they lower the loss on held-out text, where sparsity
 * is unstructured by a margin. Lives on the driver.
 *
 * <p>All rounds, since masks that shrink may be behind at the end of the first one, which later
 * rounds make up for. A margin, since the trial does not see that the next rounds' inputs then come
 * from worse blocks. By what was measured, N:M patterns need none.
 *
 * @param trials of both kinds
 * @param chosen the kind of masks
 */
public record MaskTrials(List<Trial> trials, Masks.Kind chosen) {
  /**
   * The share of the loss that masks that shrink must take away, where sparsity is unstructured.
   */
  private static final double MARGIN = 0.03;

  private static final List<Masks.Kind> KINDS = List.of(Masks.Kind.AT_ONCE, Masks.Kind.GRADUAL);

  public MaskTrials {
    trials = List.copyOf(trials);
  }

  /**
   * Masks and their worth.
   *
   * @param loss of the trained block, on held-out windows, or else on those of the calibration;
   *     infinite if training diverged
   */
  public record Trial(Masks.Kind masks, double loss) {}

  /** The number of trials. */
  public static int count() {
    return KINDS.size();
  }

  /**
   * The masks that are taken after such losses.
   *
   * @param unstructured whether any pattern is
   */
  static Masks.Kind choose(double atOnce, double gradual, boolean unstructured) {
    return gradual < (unstructured ? 1 - MARGIN : 1) * atOnce
        ? Masks.Kind.GRADUAL
        : Masks.Kind.AT_ONCE;
  }

  /**
   * Epochs of a trial, round by round.
   *
   * @param blocks number of the model's blocks
   */
  public static List<Integer> epochs(ReconstructionSettings settings, int blocks) {
    int block = TrialBlocks.middle(blocks);
    return settings.rounds(TrialBlocks.level(settings), blocks).list().stream()
        .filter(round -> round.extent().contains(block))
        .map(Round::epochs)
        .toList();
  }

  /**
   * Tries both kinds, or takes over what an earlier run found; goes on with trials that one has
   * begun.
   *
   * @param masks that are to be tried
   * @param plan by which weights are pruned
   */
  static MaskTrials run(
      TrialRun run, ReconstructionSettings settings, Masks.Tried masks, PruningPlan plan) {
    return run.find(
        "masks",
        "trials of masks",
        MaskTrials.class,
        folder -> new Search(run.calibrated(), settings, masks, plan, run.seed()).search(folder));
  }

  /** In words. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Masks: %s, of %s (loss that trials left)",
        chosen,
        trials.stream()
            .map(trial -> String.format(Locale.ROOT, "%s (%.4g)", trial.masks(), trial.loss()))
            .collect(Collectors.joining(", ")));
  }

  /** All that a search needs. */
  private record Search(
      CalibratedModel calibrated,
      ReconstructionSettings settings,
      Masks.Tried masks,
      PruningPlan plan,
      long seed) {

    MaskTrials search(Path folder) {
      List<SpanTask> rounds =
          epochs(settings, calibrated.blockCount()).stream().map(this::task).toList();
      List<List<SpanAssignment>> kinds =
          KINDS.stream()
              .map(kind -> assignments(kind, rounds.size(), new Path(folder, kind.toString())))
              .toList();
      List<Integer> indices = IntStream.range(0, kinds.size()).boxed().toList();
      List<Double> losses =
          calibrated
              .spark()
              .parallelize(indices, indices.size())
              .map(index -> train(rounds, kinds.get(index)))
              .collect();
      if (losses.stream().allMatch(loss -> loss.isInfinite())) {
        throw new UsageException(
            "Training diverged in trials of masks, on block %d, with either kind; use a lower --learning-rate"
                .formatted(TrialBlocks.middle(calibrated.blockCount())));
      }
      List<Trial> trials =
          indices.stream().map(index -> new Trial(KINDS.get(index), losses.get(index))).toList();
      return new MaskTrials(trials, choose(losses.get(0), losses.get(1), plan.hasUnstructured()));
    }

    private SpanTask task(int epochs) {
      return new SpanTask(
          calibrated.dense(),
          TrialBlocks.level(settings),
          new TrainingSettings(
              epochs, settings.rate(), settings.batchSize(), settings.select(), seed),
          calibrated.passes().windows(),
          calibrated.engine());
    }

    /** The rounds of the block with masks of a kind. */
    private List<SpanAssignment> assignments(Masks.Kind kind, int rounds, Path folder) {
      ModelOnCluster dense = calibrated.dense();
      int block = TrialBlocks.middle(calibrated.blockCount());
      BoundaryActivations input = calibrated.boundaries().get(block);
      List<SpanAssignment> assignments = new ArrayList<>();
      Beginning beginning =
          plan.with(masks.chosen(kind)).beginning(TrialBlocks.level(settings), block);
      for (int turn = 1; turn <= rounds; turn++) {
        BlockFiles files =
            BlockFiles.in(folder.toString(), "turn-" + turn, dense.model(), dense.hadoop());
        assignments.add(
            new SpanAssignment(
                List.of(new SpanAssignment.Member(block, turn, beginning, input, files)),
                InputChain.DENSE,
                input,
                calibrated.boundaries().get(block + 1),
                SpanLoss.of(
                    calibrated, settings.objective(), TrialBlocks.level(settings), block + 1)));
        beginning = new Beginning.Continued(files, List.of());
      }
      return assignments;
    }

    /**
     * Runs a trial on an executor, round by round.
     *
     * @return the loss that is left; infinite if training diverges
     */
    private static double train(List<SpanTask> rounds, List<SpanAssignment> assignments) {
      double loss = Double.NaN;
      for (int turn = 0; turn < rounds.size(); turn++) {
        SpanTask task = rounds.get(turn);
        SpanAssignment assignment = assignments.get(turn);
        try {
          loss =
              loss(
                  assignment.finished().orElseGet(() -> task.run(assignment, new Unheard())).get(0),
                  task);
        } catch (UsageException e) {
          if (e.getCause() instanceof DivergedException) {
            return Double.POSITIVE_INFINITY;
          }
          throw e;
        }
      }
      return loss;
    }

    private static double loss(FinishedBlock block, SpanTask task) {
      List<EpochErrors> epochs = block.epochs();
      EpochErrors kept =
          task.training().selection() == Selection.LAST
              ? epochs.get(epochs.size() - 1)
              : EpochErrors.lowest(epochs).orElseThrow();
      return kept.trained(task.windows());
    }
  }

  /** Trials are no part of the work that progress counts. */
  private static final class Unheard implements SpanTask.Listener {
    @Override
    public void resumed(int epoch) {}

    @Override
    public void epoch(EpochErrors errors, double seconds) {}

    @Override
    public void finished(double seconds, double secondsWaited) {}

    @Override
    public void ran(TaskRun task) {}
  }
}
