package io.coppice.job.progress;

import io.coppice.failure.Words;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.CoresBusy;
import io.coppice.reconstruct.EpochErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Renders the few lines by which a terminal shows the state of a run; none between stages. */
record StatusLines(ProgressState state) {
  private static final int MOST_BLOCKS = 8;

  /**
   * The lines.
   *
   * @param stageSeconds seconds since the stage began
   */
  List<String> after(double stageSeconds) {
    List<String> lines = new ArrayList<>();
    if (state.stage().isEmpty()) {
      return lines;
    }
    lines.add("%s (%s)%s".formatted(state.stage(), Words.duration(stageSeconds), ahead()));
    cores().ifPresent(lines::add);
    blocks(lines);
    if (state.groupsWritten() > 0) {
      lines.add(
          "  %d of %d groups of texts written"
              .formatted(state.groupsWritten(), state.groupsToWrite()));
    }
    if (state.blocksKnown() > 0) {
      lines.add(soFar());
    }
    return lines;
  }

  private String ahead() {
    if (state.done() >= state.planned() || state.secondsLeft().isEmpty()) {
      return "";
    }
    return ", %d of %d block epochs, about %s of training left"
        .formatted(
            state.done(), state.planned(), Words.duration(state.secondsLeft().orElseThrow()));
  }

  private Optional<String> cores() {
    if (state.cores().isEmpty()) {
      return Optional.empty();
    }
    double busy = state.cores().values().stream().mapToDouble(CoresBusy::cores).sum();
    int cores = state.cores().values().stream().mapToInt(known -> known.place().cores()).sum();
    int executors = state.cores().size();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "  %.1f of %d cores busy on %d %s, %s in training, %d done",
            busy,
            cores,
            executors,
            executors == 1 ? "executor" : "executors",
            blocks(state.blocksInTraining()),
            state.blocksTrained()));
  }

  private void blocks(List<String> lines) {
    List<BlockStarted> blocks = state.inFlight();
    blocks.stream().limit(MOST_BLOCKS).map(this::block).forEach(lines::add);
    if (blocks.size() > MOST_BLOCKS) {
      lines.add("  and %d more".formatted(blocks.size() - MOST_BLOCKS));
    }
  }

  private String block(BlockStarted started) {
    int block = started.block();
    String epochs =
        "  block %-3d epoch %d of %d".formatted(block, state.epochsHeard(block), started.epochs());
    return epochs
        + state
            .latest(block)
            .filter(latest -> latest.wave() == started.wave())
            .map(latest -> "   " + ProgressText.errors(latest.errors()))
            .orElse("");
  }

  private static String blocks(int number) {
    return number == 1 ? "1 block" : number + " blocks";
  }

  private String soFar() {
    String errors =
        "  so far, over %s: %s"
            .formatted(
                blocks(state.blocksKnown()),
                ProgressText.errors(
                    new EpochErrors(0, state.calibrationError(), state.heldOutError())));
    double change = state.heldOutError() / state.heldOutErrorAtBeginning() - 1;
    return Double.isFinite(change)
        ? errors + String.format(Locale.ROOT, " (%+.0f %% since the wave began)", 100 * change)
        : errors;
  }
}
