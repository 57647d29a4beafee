package io.coppice.job.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The options of {@code coppice inspect}. */
@Command(
    name = "inspect",
    description = {
      "Shows each tensor's sparsity and checks that the checkpoint is whole.",
      "",
      "  coppice inspect --model sparse",
      ""
    })
public final class InspectOptions implements CommandOptions<InspectSettings> {
  @Mixin private final ModelOptions model = new ModelOptions();

  @Override
  public InspectSettings settings() {
    return new InspectSettings(model.folder());
  }
}
