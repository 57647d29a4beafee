package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice report}.
 *
 * @param run folder of a result of {@code prune} or {@code ablate}
 * @param others results of {@code prune} that are shown beside it
 * @param output file for the page; in the run's record if there is none
 */
public record ReportSettings(String run, List<String> others, Optional<String> output)
    implements Serializable {
  public ReportSettings {
    others = List.copyOf(others);
  }

  /** The options of {@code coppice report}. */
  @Command(
      name = "report",
      description = {
        "Writes the report of a finished run, from its record alone.",
        "",
        "  coppice report --run sparse",
        "  coppice report --run sparse --compare sparse-br --output both.html",
        ""
      })
  public static final class Options implements CommandOptions<ReportSettings> {
    @Topic.Of(Topic.CHECKPOINT)
    @Option(
        names = "--run",
        required = true,
        paramLabel = "FOLDER",
        description = "The --output of a prune or ablate, on any Hadoop file system.")
    private String run;

    @Topic.Of(Topic.CHECKPOINT)
    @Option(
        names = "--compare",
        paramLabel = "FOLDER",
        description =
            "Another result of prune, shown beside it on the same page. May be given several times.")
    private List<String> others = List.of();

    @Topic.Of(Topic.RESULTS)
    @Option(
        names = "--output",
        paramLabel = "FILE",
        description =
            "File for the page; replaces an earlier one (default: coppice/report.html in the run's"
                + " folder).")
    private Optional<String> output;

    @Override
    public ReportSettings settings() {
      return new ReportSettings(
          Check.path("--run", run),
          others.stream().map(other -> Check.path("--compare", other)).toList(),
          output.map(file -> Check.path("--output", file)));
    }
  }
}
