package io.coppice.job.progress;

import java.util.Locale;

/** Numbers as people read them. */
final class Words {
  private Words() {}

  /** 0.4 s, 42 s, 3 min 5 s, 2 h 10 min. */
  static String duration(double seconds) {
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? "%d min %d s".formatted(whole / 60, whole % 60)
        : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }

  static String epoch(ProgressEvent.BlockEpoch epoch) {
    return "wave %d, block %d, epoch %d: %s, %s"
        .formatted(
            epoch.wave() + 1,
            epoch.block(),
            epoch.epoch(),
            errors(epoch),
            duration(epoch.seconds()));
  }

  static String errors(ProgressEvent.BlockEpoch epoch) {
    String calibration = String.format(Locale.ROOT, "error %.4g", epoch.calibrationError());
    return Double.isNaN(epoch.heldOutError())
        ? calibration
        : calibration + String.format(Locale.ROOT, ", held out %.4g", epoch.heldOutError());
  }
}
