package io.coppice.job.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** What every sub-command has: where its other options may come from, and help. */
@Topic.Of(Topic.COMMON)
final class CommonOptions {
  static final String CONFIG = "--config";

  @Option(
      names = CONFIG,
      paramLabel = "FILE",
      description =
          "HOCON file with any of these options, named without their dashes; a local file, else one"
              + " on a Hadoop file system. Options on the command line win.")
  private Optional<String> file;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}
