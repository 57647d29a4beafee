package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.io.Serializable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice unpack}.
 *
 * @param model folder of the archive, on any Hadoop file system
 * @param output folder for the dense checkpoint
 * @param overwrite whether a model that is there is replaced
 */
public record UnpackSettings(String model, String output, boolean overwrite)
    implements Serializable {

  /** The options of {@code coppice unpack}. */
  @Command(
      name = "unpack",
      description = {
        "Makes a dense checkpoint of an archive that prune --save bitmask has written.",
        "",
        "  coppice unpack --model archive --output sparse",
        ""
      })
  public static final class Options implements CommandOptions<UnpackSettings> {
    @Mixin private final SourceSettings.ModelOption model = new SourceSettings.ModelOption();

    @Topic.Of(Topic.RESULTS)
    @Option(
        names = "--output",
        required = true,
        paramLabel = "FOLDER",
        description =
            "Folder for the result, on any Hadoop file system; appears whole or not at all.")
    private String output;

    @Option(names = "--overwrite", description = "Replace a model that is there.")
    private boolean overwrite;

    @Override
    public UnpackSettings settings() {
      String path = Check.path("--output", output);
      if (path.equals(model.folder())) {
        throw new UsageException(
            "--output and --model are the same folder, %s; give another output".formatted(path));
      }
      return new UnpackSettings(model.folder(), path, overwrite);
    }
  }
}
