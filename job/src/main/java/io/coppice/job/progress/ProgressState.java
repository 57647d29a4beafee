package io.coppice.job.progress;

import io.coppice.failure.Words;
import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockResumed;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.RunPlanned;
import io.coppice.job.progress.ProgressEvent.StageFinished;
import io.coppice.job.progress.ProgressEvent.StageStarted;
import io.coppice.job.progress.ProgressEvent.TakenOver;
import io.coppice.job.progress.ProgressEvent.TextsWritten;
import io.coppice.reconstruct.EpochErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The state of a run, gathered from its events so far, and the few lines that show it. */
final class ProgressState {
  private final Map<Integer, BlockStarted> inFlight = new TreeMap<>();
  private final Map<Integer, BlockEpoch> latest = new TreeMap<>();
  private final Map<Integer, Integer> epochsHeard = new TreeMap<>();
  private String stage = "";
  private int planned;
  private int done;
  private int takenOver;
  private double secondsOfDone;
  private int slots = 1;
  private int groupsWritten;
  private int groupsToWrite;

  void accept(ProgressEvent event) {
    if (event instanceof RunPlanned plan) {
      planned = plan.blockEpochs();
      done = 0;
      takenOver = 0;
      secondsOfDone = 0;
      latest.clear();
    } else if (event instanceof StageStarted started) {
      stage = started.stage();
      inFlight.clear();
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
    } else if (event instanceof TextsWritten written) {
      groupsWritten++;
      groupsToWrite = written.groups();
    }
  }

  /** Number of the last epoch of the block in training that this run was told of. */
  private int epochsHeard(int block) {
    return epochsHeard.getOrDefault(block, 0);
  }

  private void accept(BlockEpoch epoch) {
    latest.put(epoch.block(), epoch);
    epochsHeard.put(epoch.block(), epoch.epoch());
    if (epoch.epoch() == 0) {
      return;
    }
    done++;
    secondsOfDone += epoch.seconds();
    BlockStarted started = inFlight.get(epoch.block());
    if (started != null && epoch.epoch() >= started.epochs()) {
      inFlight.remove(epoch.block());
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

  /** The state in words; no lines between stages. */
  List<String> lines(double stageSeconds) {
    List<String> lines = new ArrayList<>();
    if (stage.isEmpty()) {
      return lines;
    }
    lines.add("%s (%s)%s".formatted(stage, Words.duration(stageSeconds), ahead()));
    if (!inFlight.isEmpty()) {
      lines.add(
          "  in flight: "
              + inFlight.values().stream().map(this::block).collect(Collectors.joining(", ")));
    }
    if (groupsWritten > 0) {
      lines.add("  %d of %d groups of texts written".formatted(groupsWritten, groupsToWrite));
    }
    if (!latest.isEmpty()) {
      lines.add(
          "  so far, over %d blocks: %s"
              .formatted(latest.size(), ProgressText.errors(calibrationError(), heldOutError())));
    }
    return lines;
  }

  private String ahead() {
    if (planned == 0 || done == 0) {
      return "";
    }
    return ", %d of %d block epochs, about %s of training left"
        .formatted(done(), planned, Words.duration(secondsLeft().orElseThrow()));
  }

  private String block(BlockStarted started) {
    return "block %d (%d/%d)"
        .formatted(started.block(), epochsHeard(started.block()), started.epochs());
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

  /** Mean error of the blocks, each after its last epoch so far; NaN before the first. */
  double calibrationError() {
    return mean(EpochErrors::calibration);
  }

  /** The same on held-out windows. */
  double heldOutError() {
    return mean(EpochErrors::heldOut);
  }

  private double mean(ToDoubleFunction<EpochErrors> error) {
    return latest.values().stream()
        .map(BlockEpoch::errors)
        .mapToDouble(error)
        .average()
        .orElse(Double.NaN);
  }
}
