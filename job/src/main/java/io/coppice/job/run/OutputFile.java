package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The file that a run's result goes to.
 *
 * @param replaced the files that exist which it may replace
 */
record OutputFile(Path path, ReplaceableFile replaced, Configuration hadoop) {

  /**
   * Fails before any work is done if the file could not be written in the end.
   *
   * @param inputs locations that the run reads
   * @throws UsageException as {@link #requireFree} does, or if nothing can be written at its place
   */
  void requireWritable(List<String> inputs) {
    requireFree(inputs);
    WritablePlace.require("output", path, hadoop);
  }

  /**
   * Fails if the file may not be written.
   *
   * @param inputs locations that the run reads
   * @throws UsageException if the file exists and may not be replaced, is a folder, or an input
   */
  void requireFree(List<String> inputs) {
    Path file = Storage.of(path, hadoop).makeQualified(path);
    Optional<FileStatus> existing = Storage.status(Storage.of(path, hadoop), file);
    if (existing.isEmpty()) {
      return;
    }
    if (!existing.orElseThrow().isFile()) {
      throw new UsageException(
          "Output %s is a folder, but the result becomes a file; give a file in it"
              .formatted(file));
    }
    for (String input : inputs) {
      Path read = Storage.path(input);
      if (Storage.of(read, hadoop).makeQualified(read).equals(file)) {
        throw new UsageException(
            "Output file %s would replace %s, which is read; choose another one"
                .formatted(file, input));
      }
    }
    replaced.require(file, hadoop);
  }
}
