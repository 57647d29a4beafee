package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** What chance depends on. */
@Topic.Of(Topic.RUNNING)
final class SeedOptions {
  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Decides everything that is drawn: windows, shuffling, mixing, text; the same seed gives"
              + " the same bytes (default: ${DEFAULT-VALUE}).")
  private long seed;

  long seed() {
    return seed;
  }
}
