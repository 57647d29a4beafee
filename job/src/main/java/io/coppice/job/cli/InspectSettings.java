package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The task of {@code coppice inspect}.
 *
 * @param model folder of the checkpoint, on any Hadoop file system
 */
public record InspectSettings(String model) implements Serializable {

  /** The options of {@code coppice inspect}. */
  @Command(
      name = "inspect",
      description = {
        "Shows each tensor's sparsity and checks that the checkpoint is whole.",
        "",
        "  coppice inspect --model sparse",
        ""
      })
  public static final class Options implements CommandOptions<InspectSettings> {
    @Mixin private final SourceSettings.ModelOption model = new SourceSettings.ModelOption();

    @Override
    public InspectSettings settings() {
      return new InspectSettings(model.folder());
    }
  }
}
