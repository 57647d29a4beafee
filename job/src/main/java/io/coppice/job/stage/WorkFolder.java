package io.coppice.job.stage;

import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run's folder for intermediate files, deleted at the end unless it is to be kept. Only a
 * folder that carries our mark is ever deleted.
 */
final class WorkFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkFolder.class);
  static final String MARK = ".coppice-work";

  private final Path folder;
  private final FileSystem system;
  private final boolean keep;

  private WorkFolder(Path folder, FileSystem system, boolean keep) {
    this.folder = folder;
    this.system = system;
    this.keep = keep;
  }

  /**
   * Makes the folder anew; what an earlier run left in it is deleted.
   *
   * @throws UsageException if something else is at its place, or it holds the output or lies in it
   */
  static WorkFolder create(OutputSettings output, Configuration hadoop) {
    Path path = new Path(output.workDir());
    try {
      FileSystem system = path.getFileSystem(hadoop);
      Path folder = system.makeQualified(path);
      requireApart(folder, new Path(output.path()), hadoop);
      if (system.exists(folder)) {
        if (!isOurs(system, folder)) {
          throw new UsageException(
              "Work folder %s exists and is not one of Coppice; give another --work-dir"
                  .formatted(folder));
        }
        system.delete(folder, true);
      }
      system.mkdirs(folder);
      system.create(new Path(folder, MARK)).close();
      return new WorkFolder(folder, system, output.keepWork());
    } catch (IOException e) {
      throw new UsageException(
          "Cannot make the work folder %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** A task that outlived its run may have written once more when the mark was gone already. */
  private static boolean isOurs(FileSystem system, Path folder) throws IOException {
    return system.exists(new Path(folder, MARK))
        || folder.getName().endsWith(OutputSettings.WORK_DIR_ENDING);
  }

  /** Deleting one must not delete the other, nor making one make the other exist. */
  static void requireApart(Path folder, Path output, Configuration hadoop) throws IOException {
    Path target = output.getFileSystem(hadoop).makeQualified(output);
    if (holds(folder, target) || holds(target, folder)) {
      throw new UsageException(
          "Work folder %s and output folder %s may not lie in each other; give another --work-dir"
              .formatted(folder, target));
    }
  }

  private static boolean holds(Path folder, Path inner) {
    return Stream.iterate(inner, path -> path != null, Path::getParent).anyMatch(folder::equals);
  }

  /** The full path of something in the folder. */
  String path(String name) {
    return new Path(folder, name).toString();
  }

  @Override
  public void close() {
    if (keep) {
      LOG.info("Intermediate files stay in {}", folder);
      return;
    }
    try {
      system.delete(folder, true);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete the work folder " + folder, e);
    }
  }
}
