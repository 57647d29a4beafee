package io.coppice.job.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code coppice demo}. */
@Command(
    name = "demo",
    description = {
      "Prunes the model that comes with Coppice to 50 % at each level and prints a table.",
      "",
      "  coppice demo",
      ""
    })
public final class DemoOptions implements CommandOptions<DemoSettings> {
  @Mixin private final EngineOptions engine = new EngineOptions();
  @Mixin private final SeedOptions seed = new SeedOptions();

  @Topic.Of(Topic.RESULTS)
  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      defaultValue = "coppice-demo",
      description =
          "Folder for the model, the texts and the sparse checkpoints (default: ${DEFAULT-VALUE}).")
  private String output;

  @Topic.Of(Topic.RESULTS)
  @Option(names = "--overwrite", description = "Replace an earlier demo.")
  private boolean overwrite;

  @Override
  public DemoSettings settings() {
    return new DemoSettings(
        Check.path("--output", output), overwrite, seed.seed(), engine.requireNative());
  }
}
