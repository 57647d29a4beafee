package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** How activations at block boundaries are kept. */
@Topic.Of(Topic.RUNNING)
final class ActivationOptions {
  @Option(
      names = "--activations",
      paramLabel = "STORE",
      defaultValue = "auto",
      description =
          "Where activations at the boundaries of blocks are kept: broadcast (in memory, as Spark"
              + " broadcasts), files (in the work folder) or auto (broadcast where they fit)"
              + " (default: ${DEFAULT-VALUE}).")
  private ActivationStore activations;

  @Option(
      names = "--activation-dtype",
      paramLabel = "DTYPE",
      defaultValue = "f32",
      description =
          "Number format of stored activations; bf16 takes half the room of f32 (default:"
              + " ${DEFAULT-VALUE}).")
  private ActivationType activationType;

  ActivationSettings settings() {
    return new ActivationSettings(activations, activationType);
  }
}
