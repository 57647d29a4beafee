package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;

/** Where results go. */
@Topic.Of(Topic.RESULTS)
final class OutputOptions {
  @Option(
      names = "--output",
      required = true,
      paramLabel = "FOLDER",
      description =
          "Folder for the result, on any Hadoop file system; appears whole or not at" + " all.")
  private String output;

  @Option(
      names = "--work-dir",
      paramLabel = "FOLDER",
      description =
          "Folder for intermediate files, on a file system that all executors see. A run that is"
              + " started again goes on from it (default: beside the output, .NAME.coppice-work).")
  private Optional<String> workDir;

  @Option(
      names = "--overwrite",
      description =
          "Replace an output that exists: for prune a model, for ablate an earlier ablation; nothing"
              + " else is replaced.")
  private boolean overwrite;

  @Option(
      names = "--keep-work",
      description = "Keep the work folder after success, where it is deleted otherwise.")
  private boolean keepWork;

  /**
   * The settings.
   *
   * @param restart whether an earlier run's work is deleted rather than gone on with
   */
  OutputSettings settings(String model, boolean restart) {
    String path = Check.path("--output", output);
    if (path.equals(model)) {
      throw new UsageException(
          "--output and --model are the same folder, %s; give another output".formatted(path));
    }
    workDir = Optional.of(workDir.orElseGet(() -> beside(path)));
    return new OutputSettings(
        path, Check.path("--work-dir", workDir.orElseThrow()), overwrite, keepWork, restart);
  }

  /** A hidden name beside a file or folder. */
  static String beside(String output) {
    Path path = Storage.path(output);
    if (path.getName().isEmpty()) {
      throw new UsageException("--output %s is a root; give a folder in it".formatted(output));
    }
    String name = "." + path.getName() + OutputSettings.WORK_DIR_ENDING;
    Path parent = path.getParent();
    return parent == null || parent.toString().isEmpty()
        ? Storage.path(name).toString()
        : Storage.child(parent, name).toString();
  }
}
