package io.coppice.job.run;

import io.coppice.job.block.LevelChoice.Candidate;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.chain.ModelErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of {@code prune} as lines for the log; those that were not measured are left out. */
final class SummaryText {
  private SummaryText() {}

  /** Errors, perplexities, and the models that {@code --reconstruct auto} chose from. */
  static List<String> lines(PruneSummary summary) {
    List<String> lines = new ArrayList<>();
    ModelErrors errors = summary.sparse().errors();
    if (summary.holdsOut()) {
      lines.add(
          "On calibration text / on held-out text: error of the last block %s / %s; relative error,"
                  .formatted(number(errors.calibration()), number(errors.heldOut()))
              + " mean over blocks, %s / %s"
                  .formatted(
                      number(errors.meanRelativeCalibration()),
                      number(errors.meanRelativeHeldOut())));
      lines.add(
          "Perplexity on held-out text: dense %s, sparse %s"
              .formatted(
                  number(summary.perplexity().dense()), number(summary.perplexity().sparse())));
    } else {
      lines.add(
          "On calibration text: error of the last block %s; relative error, mean over blocks, %s"
              .formatted(number(errors.calibration()), number(errors.meanRelativeCalibration())));
      lines.add("No text was held out; give --held-out to measure error and perplexity on it");
    }
    summary.candidates().forEach(candidate -> lines.add(line(candidate)));
    return lines;
  }

  private static String line(Candidate candidate) {
    ChainErrors last = candidate.lastErrors();
    return "Level %s: error of the last block on calibration / held-out text %s / %s, perplexity on"
            .formatted(candidate.name(), number(last.calibration()), number(last.heldOut()))
        + " held-out text %s".formatted(number(candidate.perplexity()));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
