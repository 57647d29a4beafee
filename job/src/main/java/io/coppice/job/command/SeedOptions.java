package io.coppice.job.command;

import picocli.CommandLine.Option;

/** What chance depends on. */
final class SeedOptions {
  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Decides windows, shuffling and mixing; the same seed gives the same bytes (default:"
              + " ${DEFAULT-VALUE}).")
  private long seed;

  long seed() {
    return seed;
  }
}
