package io.coppice.job.command;

import picocli.CommandLine.Option;

/** Whether layers are fitted to their dense outputs before anything is trained. */
final class RefitOptions {
  @Option(
      names = "--refit",
      arity = "0..1",
      paramLabel = "ITERATIONS",
      defaultValue = "0",
      fallbackValue = "10",
      description =
          "After pruning and before training, fit each layer's kept weights to what the dense layer"
              + " puts out, by least squares; so many steps of conjugate gradients, 10 if no number"
              + " is given, 0 for none (default: ${DEFAULT-VALUE}).")
  private int refit;

  int iterations() {
    return Check.atLeast("--refit", 0, refit);
  }
}
