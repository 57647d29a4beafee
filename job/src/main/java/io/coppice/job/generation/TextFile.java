package io.coppice.job.generation;

import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The file that a run's text goes to. */
public record TextFile(Path path, boolean overwrite, Configuration hadoop) {
  public static TextFile of(OutputSettings output, Configuration hadoop) {
    return new TextFile(Storage.path(output.path()), output.overwrite(), hadoop);
  }

  /**
   * Fails before any work is done if the file could not be written in the end.
   *
   * @param inputs what the run reads
   * @throws UsageException if the file exists and may not be replaced, is a folder, or an input
   */
  public void requireFree(List<String> inputs) {
    try {
      FileSystem system = Storage.of(path, hadoop);
      Path file = system.makeQualified(path);
      if (!system.exists(file)) {
        return;
      }
      if (!system.getFileStatus(file).isFile()) {
        throw new UsageException(
            "Output %s is a folder, but the text becomes a file; give a file in it"
                .formatted(file));
      }
      if (!overwrite) {
        throw new UsageException(
            "Output file %s exists already; choose another one or give --overwrite"
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
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look at " + path, e);
    }
  }
}
