package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** Whether layers are fitted to their dense outputs before anything is trained. */
@Topic.Of(Topic.WEIGHTS)
final class RefitOptions {
  @Option(
      names = "--refit",
      arity = "0..1",
      paramLabel = "ITERATIONS",
      defaultValue = "0",
      fallbackValue = "10",
      description =
          "Before training, fit each pruned layer's kept weights to what the dense layer puts out:"
              + " least squares on the fixed mask, by so many steps of conjugate gradients. 10"
              + " where no number is given; 0 is none (default: ${DEFAULT-VALUE}).")
  private int refit;

  int iterations() {
    return Check.atLeast("--refit", 0, refit);
  }
}
