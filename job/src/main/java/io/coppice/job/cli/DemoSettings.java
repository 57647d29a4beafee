package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice demo}.
 *
 * @param output folder for the model, the texts and the sparse checkpoints
 * @param overwrite whether an earlier demo in that folder is replaced
 * @param seed number that decides windows, shuffling and mixing
 * @param engine arithmetic of the run
 */
public record DemoSettings(String output, boolean overwrite, long seed, EngineSettings engine)
    implements Serializable {

  /** The options of {@code coppice demo}. */
  @Command(
      name = "demo",
      description = {
        "Prunes the model that comes with Coppice to 50 %% at levels lr, br, gp and best, and"
            + " prints a table.",
        "",
        "  coppice demo",
        ""
      })
  public static final class Options implements CommandOptions<DemoSettings> {
    @Mixin private final EngineSettings.Options engine = new EngineSettings.Options();
    @Mixin private final RunningSettings.SeedOption seed = new RunningSettings.SeedOption();

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
          Check.path("--output", output), overwrite, seed.seed(), engine.settings());
    }
  }
}
