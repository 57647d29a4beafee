package io.coppice.job.progress;

import io.coppice.failure.Words;
import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockFinished;
import io.coppice.job.progress.ProgressEvent.BlockResumed;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.RunPlanned;
import io.coppice.job.progress.ProgressEvent.StageFinished;
import io.coppice.job.progress.ProgressEvent.StageStarted;
import io.coppice.job.progress.ProgressEvent.TakenOver;
import io.coppice.job.progress.ProgressEvent.TextsWritten;
import io.coppice.job.progress.ProgressEvent.Waiting;
import io.coppice.reconstruct.EpochErrors;
import java.util.Locale;

/** Text of events and numbers, for people. */
final class ProgressText {
  private ProgressText() {}

  static String line(ProgressEvent event) {
    if (event instanceof RunPlanned plan) {
      return plan.blockEpochs() == 0
          ? "nothing to train"
          : "%d block epochs to train".formatted(plan.blockEpochs());
    }
    if (event instanceof StageStarted started) {
      return started.stage() + " ...";
    }
    if (event instanceof StageFinished finished) {
      return "%s: done in %s".formatted(finished.stage(), Words.duration(finished.seconds()));
    }
    if (event instanceof Waiting waiting) {
      return "waiting: " + waiting.why();
    }
    if (event instanceof TakenOver taken) {
      return "taken over: %d of %d %s".formatted(taken.done(), taken.of(), taken.what());
    }
    if (event instanceof BlockStarted started) {
      return "%s: started, %d epochs"
          .formatted(block(started.wave(), started.block()), started.epochs());
    }
    if (event instanceof BlockResumed resumed) {
      return "%s: goes on after epoch %d"
          .formatted(block(resumed.wave(), resumed.block()), resumed.epoch());
    }
    if (event instanceof BlockFinished finished) {
      return "%s: done in %s, of which %s waiting for activations"
          .formatted(
              block(finished.wave(), finished.block()),
              Words.duration(finished.seconds()),
              Words.duration(finished.secondsWaiting()));
    }
    if (event instanceof TextsWritten written) {
      return "group %d of %d: %d texts of %d tokens written, %d openings rejected, %s"
          .formatted(
              written.group() + 1,
              written.groups(),
              written.amount().texts(),
              written.amount().tokens(),
              written.amount().rejected(),
              Words.duration(written.seconds()));
    }
    BlockEpoch epoch = (BlockEpoch) event;
    return "%s, epoch %d: %s, %s"
        .formatted(
            block(epoch.wave(), epoch.block()),
            epoch.epoch(),
            errors(epoch.errors()),
            Words.duration(epoch.seconds()));
  }

  /** Errors; before them the losses of a block that is trained by another loss. */
  static String errors(EpochErrors errors) {
    String error = pair("error", errors.calibration(), errors.heldOut());
    EpochErrors.Losses losses = errors.losses();
    return losses.known()
        ? pair("loss", losses.calibration(), losses.heldOut()) + "; " + error
        : error;
  }

  private static String pair(String name, double calibration, double heldOut) {
    String first = String.format(Locale.ROOT, "%s %.4g", name, calibration);
    return Double.isNaN(heldOut)
        ? first
        : first + String.format(Locale.ROOT, ", held out %.4g", heldOut);
  }

  private static String block(int wave, int block) {
    return "wave %d, block %d".formatted(wave, block);
  }
}
