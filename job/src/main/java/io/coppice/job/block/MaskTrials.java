package io.coppice.job.block;

import io.coppice.failure.UsageException;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.LastBlock;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Stages;
import io.coppice.job.progress.TaskRun;
import io.coppice.job.schedule.InputChain;
import io.coppice.job.schedule.Round;
import io.coppice.reconstruct.DivergedException;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.Selection;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code --masks auto}: trains a middle block by itself through all rounds that the schedule has
 * for it, but on the dense chain throughout, once with masks that are chosen at once and once with
 * masks that shrink. The second are taken if they lower the loss on held-out text by a margin.
 * Lives on the driver.
 *
 * <p>All rounds, since masks that shrink may be behind at the end of the first one, which later
 * rounds make up for. A margin, since the trial does not see that the next rounds' inputs then come
 * from worse blocks.
 *
 * @param trials of both kinds
 * @param chosen the kind of masks
 */
public record MaskTrials(List<Trial> trials, Masks.Kind chosen) {
  /** The share of the loss that masks that shrink must take away. */
  public static final double MARGIN = 0.03;

  private static final List<Masks.Kind> KINDS = List.of(Masks.Kind.AT_ONCE, Masks.Kind.GRADUAL);

  private static final Logger LOG = LoggerFactory.getLogger(MaskTrials.class);
  private static final String FILE = "masks.json";

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

  /** The block of a model with so many that masks are tried on. */
  private static int block(int blocks) {
    return blocks / 2;
  }

  /** The masks that are taken after such losses. */
  static Masks.Kind choose(double atOnce, double gradual) {
    return gradual < (1 - MARGIN) * atOnce ? Masks.Kind.GRADUAL : Masks.Kind.AT_ONCE;
  }

  /** A level that the masks are for. */
  private static Level level(ReconstructionSettings settings, Masks.Tried masks) {
    return masks.scope() == Masks.Scope.BEST ? Level.BEST : TrialBlocks.level(settings);
  }

  /**
   * Epochs of a trial, round by round.
   *
   * @param blocks number of the model's blocks
   */
  public static List<Integer> epochs(
      ReconstructionSettings settings, Masks.Tried masks, int blocks) {
    int block = block(blocks);
    return settings.rounds(level(settings, masks), blocks).list().stream()
        .filter(round -> round.extent().contains(block))
        .map(Round::epochs)
        .toList();
  }

  /**
   * Tries both kinds, or takes over what an earlier run found; goes on with trials that one has
   * begun.
   *
   * @param plan with masks that are to be tried
   * @param seed decides the order of windows
   * @param folder keeps the result, and trained blocks for a while
   */
  static MaskTrials run(
      CalibratedModel calibrated,
      ReconstructionSettings settings,
      PruningPlan plan,
      long seed,
      Stages stages,
      Path folder) {
    Configuration hadoop = calibrated.dense().hadoop().configuration();
    Path file = new Path(folder, FILE);
    Path trained = new Path(folder, "masks");
    Optional<MaskTrials> before = JsonFile.read(file, MaskTrials.class, hadoop);
    MaskTrials result =
        before.orElseGet(
            () ->
                stages.run(
                    "trials of masks",
                    () ->
                        new Search(calibrated, settings, (Masks.Tried) plan.masks(), plan, seed)
                            .search(trained)));
    if (before.isEmpty()) {
      JsonFile.write(file, result, hadoop);
    }
    Storage.delete(trained, hadoop);
    LOG.info("{}", result);
    return result;
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
          epochs(settings, masks, calibrated.blockCount()).stream().map(this::task).toList();
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
                .formatted(block(calibrated.blockCount())));
      }
      List<Trial> trials =
          indices.stream().map(index -> new Trial(KINDS.get(index), losses.get(index))).toList();
      return new MaskTrials(trials, choose(losses.get(0), losses.get(1)));
    }

    private SpanTask task(int epochs) {
      return new SpanTask(
          calibrated.dense(),
          level(settings, masks),
          new TrainingSettings(
              epochs, settings.rate(), settings.batchSize(), settings.select(), seed),
          calibrated.passes().windows(),
          calibrated.engine());
    }

    /** The rounds of the block with masks of a kind. */
    private List<SpanAssignment> assignments(Masks.Kind kind, int rounds, Path folder) {
      ModelOnCluster dense = calibrated.dense();
      int block = block(calibrated.blockCount());
      BoundaryActivations input = calibrated.boundaries().get(block);
      List<SpanAssignment> assignments = new ArrayList<>();
      Beginning beginning = plan.with(masks.chosen(kind)).beginning(level(settings, masks), block);
      for (int turn = 1; turn <= rounds; turn++) {
        BlockFiles files =
            BlockFiles.in(folder.toString(), "turn-" + turn, dense.model(), dense.hadoop());
        assignments.add(
            new SpanAssignment(
                List.of(new SpanAssignment.Member(block, turn, beginning, input, files)),
                InputChain.DENSE,
                input,
                calibrated.boundaries().get(block + 1),
                block == calibrated.blockCount() - 1
                    ? settings.lastBlock()
                    : new LastBlock.Error()));
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
      List<EpochErrors> epochs = block.epochs().stream().filter(EpochErrors::masksFinal).toList();
      EpochErrors last = epochs.get(epochs.size() - 1);
      if (task.windows().heldOut().count() == 0) {
        return last.trainedCalibration();
      }
      return task.training().selection() == Selection.LAST
          ? last.trainedHeldOut()
          : epochs.stream().mapToDouble(EpochErrors::trainedHeldOut).min().orElseThrow();
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
