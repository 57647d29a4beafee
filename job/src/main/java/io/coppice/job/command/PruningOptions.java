package io.coppice.job.command;

import io.coppice.job.config.PruningSettings;
import io.coppice.job.config.SparsityPattern;
import io.coppice.prune.PruningMethod;
import picocli.CommandLine.Option;

/** Which weights go. */
final class PruningOptions {
  @Option(
      names = "--method",
      paramLabel = "METHOD",
      defaultValue = "sparsegpt",
      description = "Pruner: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private PruningMethod method;

  @Option(
      names = "--sparsity",
      paramLabel = "FRACTION",
      defaultValue = "0.5",
      description =
          "Zeros in every pruned layer, at least 0 and less than 1 (default: ${DEFAULT-VALUE}).")
  private double sparsity;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      defaultValue = "unstructured",
      description = "Where zeros may stand: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private SparsityPattern pattern;

  PruningSettings settings() {
    return new PruningSettings(method, Check.below("--sparsity", 0, 1, sparsity), pattern);
  }
}
