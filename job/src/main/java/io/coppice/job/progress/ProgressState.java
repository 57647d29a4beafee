package io.coppice.job.progress;

import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockResumed;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.CoresBusy;
import io.coppice.job.progress.ProgressEvent.RunPlanned;
import io.coppice.job.progress.ProgressEvent.StageFinished;
import io.coppice.job.progress.ProgressEvent.StageStarted;
import io.coppice.job.progress.ProgressEvent.TakenOver;
import io.coppice.job.progress.ProgressEvent.TextsWritten;
import io.coppice.reconstruct.EpochErrors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The state of a run, gathered from its events so far. */
final class ProgressState {
  private final Map<Integer, BlockStarted> inFlight = new TreeMap<>();
  private final Map<Integer, BlockEpoch> latest = new TreeMap<>();
  private final Map<Integer, BlockEpoch> beginnings = new TreeMap<>();
  private final Map<Integer, Integer> epochsHeard = new TreeMap<>();
  private final Map<String, CoresBusy> cores = new TreeMap<>();
  private String stage = "";
  private int planned;
  private int done;
  private int takenOver;
  private double secondsOfDone;
  private int slots = 1;
  private int blocksTrained;
  private int groupsWritten;
  private int groupsToWrite;

  void accept(ProgressEvent event) {
    if (event instanceof RunPlanned plan) {
      planned = plan.blockEpochs();
      done = 0;
      takenOver = 0;
      secondsOfDone = 0;
      latest.clear();
      beginnings.clear();
    } else if (event instanceof StageStarted started) {
      stage = started.stage();
      inFlight.clear();
      cores.clear();
      blocksTrained = 0;
      groupsWritten = 0;
    } else if (event instanceof StageFinished) {
      stage = "";
      inFlight.clear();
    } else if (event instanceof TakenOver taken) {
      takenOver += taken.blockEpochs();
    } else if (event instanceof BlockStarted started) {
      inFlight.put(started.block(), started);
      epochsHeard.remove(started.block());
      slots = inFlight.size();
    } else if (event instanceof BlockResumed resumed) {
      takenOver += resumed.epoch() - epochsHeard(resumed.block());
    } else if (event instanceof BlockEpoch epoch) {
      accept(epoch);
    } else if (event instanceof CoresBusy busy) {
      cores.put(busy.place().executor(), busy);
    } else if (event instanceof TextsWritten written) {
      groupsWritten++;
      groupsToWrite = written.groups();
    }
  }

  /** Number of the last epoch of the block in training that this run was told of. */
  int epochsHeard(int block) {
    return epochsHeard.getOrDefault(block, 0);
  }

  private void accept(BlockEpoch epoch) {
    latest.put(epoch.block(), epoch);
    epochsHeard.put(epoch.block(), epoch.epoch());
    if (epoch.epoch() == 0) {
      beginnings.put(epoch.block(), epoch);
      return;
    }
    done++;
    secondsOfDone += epoch.seconds();
    BlockStarted started = inFlight.get(epoch.block());
    if (started != null && epoch.epoch() >= started.epochs()) {
      inFlight.remove(epoch.block());
      blocksTrained++;
    }
  }

  /**
   * Seconds of training left: block epochs ahead, times the average duration of one, divided by the
   * number of blocks that are trained at a time. Empty until an epoch is over.
   */
  OptionalDouble secondsLeft() {
    return done == 0 || planned == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            Math.max(0, planned - takenOver - done) * (secondsOfDone / done) / slots);
  }

  /** Name of the stage that runs; empty between stages. */
  String stage() {
    return stage;
  }

  /** The blocks in training, by number. */
  List<BlockStarted> inFlight() {
    return List.copyOf(inFlight.values());
  }

  /** Blocks of this stage whose training is over. */
  int blocksTrained() {
    return blocksTrained;
  }

  /** The last epoch of a block that this run was told of, 0 being the state before training. */
  Optional<BlockEpoch> latest(int block) {
    return Optional.ofNullable(latest.get(block));
  }

  /** Number of blocks whose errors are known. */
  int blocksKnown() {
    return latest.size();
  }

  /** The cores of each executor, as far as it has told of them. */
  Map<String, CoresBusy> cores() {
    return Map.copyOf(cores);
  }

  /** Number of blocks times epochs that the run trains in all. */
  int planned() {
    return planned;
  }

  /** Number of them that are done, by this run or an earlier one. */
  int done() {
    return takenOver + done;
  }

  int blocksInTraining() {
    return inFlight.size();
  }

  int groupsWritten() {
    return groupsWritten;
  }

  int groupsToWrite() {
    return groupsToWrite;
  }

  /** Mean error of the blocks, each after its last epoch so far; NaN before the first. */
  double calibrationError() {
    return mean(latest, EpochErrors::calibration);
  }

  /** The same on held-out windows. */
  double heldOutError() {
    return mean(latest, EpochErrors::heldOut);
  }

  /**
   * Mean error on held-out windows before the training of the blocks' last waves; NaN where it is
   * not known of all, or where masks shrank in training, which begins with more weights then.
   */
  double heldOutErrorAtBeginning() {
    boolean comparable =
        beginnings.keySet().equals(latest.keySet())
            && beginnings.values().stream().allMatch(epoch -> epoch.errors().masksFinal());
    return comparable ? mean(beginnings, EpochErrors::heldOut) : Double.NaN;
  }

  private static double mean(Map<Integer, BlockEpoch> epochs, ToDoubleFunction<EpochErrors> error) {
    return epochs.values().stream()
        .map(BlockEpoch::errors)
        .mapToDouble(error)
        .average()
        .orElse(Double.NaN);
  }
}
