package io.coppice.job.command;

import io.coppice.job.config.ActivationSettings;
import io.coppice.job.config.ActivationStore;
import io.coppice.job.config.ActivationType;
import picocli.CommandLine.Option;

/** How activations at block boundaries are kept. */
final class ActivationOptions {
  @Option(
      names = "--activations",
      paramLabel = "STORE",
      defaultValue = "auto",
      description =
          "Where activations at block boundaries are kept: ${COMPLETION-CANDIDATES}; auto is"
              + " broadcast where they fit (default: ${DEFAULT-VALUE}).")
  private ActivationStore activations;

  @Option(
      names = "--activation-dtype",
      paramLabel = "DTYPE",
      defaultValue = "f32",
      description =
          "Number format of stored activations: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  private ActivationType activationType;

  ActivationSettings settings() {
    return new ActivationSettings(activations, activationType);
  }
}
