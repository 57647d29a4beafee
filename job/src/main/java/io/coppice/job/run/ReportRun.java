package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.cli.ReportSettings;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.Report;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** {@code report}: the page of a finished run, made anew from its record. Starts no Spark. */
public final class ReportRun {
  private final ReportSettings settings;
  private final Configuration hadoop;

  public ReportRun(ReportSettings settings, Configuration hadoop) {
    this.settings = settings;
    this.hadoop = hadoop;
  }

  /**
   * Writes the page.
   *
   * @return its file
   * @throws io.coppice.failure.UsageException if there is no such run, or it cannot be compared
   * @throws io.coppice.failure.InvalidDataException if a record is broken
   */
  public Path run() {
    Path given = Storage.path(settings.run());
    Path folder = Storage.of(given, hadoop).makeQualified(given);
    Path file =
        settings
            .output()
            .map(Storage::path)
            .orElseGet(() -> Storage.child(OutputFolder.record(folder), Report.FILE));
    RunRecord run = RunRecord.read(folder, hadoop);
    List<RunRecord> others =
        settings.others().stream()
            .map(other -> RunRecord.read(Storage.path(other), hadoop))
            .toList();
    List<String> read =
        Stream.concat(Stream.of(settings.run()), settings.others().stream()).toList();
    new OutputFile(file, ReplaceableFile.REPORT, hadoop).requireWritable(read);
    AtomicFile.write(file, Report.of(run, others).html(), hadoop);
    return file;
  }
}
