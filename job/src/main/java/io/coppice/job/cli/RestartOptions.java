package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** Whether a run goes on where an earlier one stopped. */
@Topic.Of(Topic.RESULTS)
final class RestartOptions {
  @Option(
      names = "--restart",
      description =
          "Delete what an earlier run left in the work folder, rather than go on with it or refuse"
              + " it.")
  private boolean restart;

  boolean restart() {
    return restart;
  }
}
