package io.coppice.job.cluster;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;

/** Folders on the disks of the machine that a task runs on. */
public final class LocalFolders {
  private LocalFolders() {}

  /**
   * The folders of this process in the places that Spark uses for temporary files: those of YARN,
   * Kubernetes or {@code SPARK_LOCAL_DIRS}, else {@code spark.local.dir}. Spark has made them, and
   * deletes them.
   */
  public static List<Path> ofThisProcess() {
    return Stream.of(SparkEnv.get().blockManager().diskBlockManager().localDirs())
        .map(File::toPath)
        .toList();
  }
}
