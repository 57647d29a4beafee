package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.generation.TextSamples;
import io.coppice.job.progress.RunTimeline;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.Report;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.JsonFile;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a run's report is made of besides its figures, and the report itself. A result that
 * is right is not lost for it: where it cannot be made, a warning says so.
 *
 * @param output the folder of the result, of which everything else is staged
 */
record ReportFiles(Configuration hadoop, OutputFolder output) {
  private static final Logger LOG = LoggerFactory.getLogger(ReportFiles.class);

  /** Lets texts be written; gives the reason in their place if that fails. */
  static TextSamples samples(Supplier<TextSamples> writing) {
    try {
      return writing.get();
    } catch (Exception e) { // Spark throws checked ones that it does not declare
      LOG.warn("The texts for the report could not be written; the result does not depend on them");
      LOG.debug("Texts for the report", e);

      return TextSamples.none("They could not be written, as the run's log says.");
    }
  }

  /**
   * Writes the files of {@code prune}.
   *
   * @param compared models that the level was chosen from; none if it was given
   */
  void write(List<ReconstructedModel> compared, TextSamples samples, RunTimeline timeline) {
    Path record = OutputFolder.record(output.staging());
    if (!compared.isEmpty()) {
      AtomicFile.write(
          new Path(record, RunRecord.LEVELS),
          compared.stream().map(PruneSummary::lines).collect(Collectors.joining()),
          hadoop);
    }
    JsonFile.write(new Path(record, RunRecord.SAMPLES), samples.toJson(), hadoop);
    write(timeline);
  }

  /** Writes the times of a run, and the report of everything that is there by then. */
  void write(RunTimeline timeline) {
    Path record = OutputFolder.record(output.staging());
    JsonFile.write(new Path(record, RunRecord.TIMELINE), timeline.toJson(), hadoop);
    try {
      RunRecord run = RunRecord.read(output.staging(), hadoop).at(output.path());
      AtomicFile.write(new Path(record, Report.FILE), Report.of(run, List.of()).html(), hadoop);
    } catch (RuntimeException e) {
      LOG.warn(
          "The report could not be written; the result does not depend on it, and 'coppice report'"
              + " may be tried later");
      LOG.debug("Report", e);
    }
  }
}
