package io.coppice.job.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.coppice.checkpoint.AtomicFile;
import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import io.coppice.job.config.ResolvedConfiguration;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A work folder whose finished files a later run with the same settings takes over. Its mark holds
 * the settings; it stays when a run fails, and is deleted when one is through.
 */
final class ResumableFolder {
  private final Path folder;
  private final FileSystem system;

  private ResumableFolder(Path folder, FileSystem system) {
    this.folder = folder;
    this.system = system;
  }

  /**
   * Opens the folder, or makes it.
   *
   * @param settings what the content of the files depends on
   * @throws UsageException if something else is at its place, or files of other settings are in it
   */
  static ResumableFolder open(
      OutputSettings output, ResolvedConfiguration settings, Configuration hadoop) {
    Path path = new Path(output.workDir());
    try {
      FileSystem system = path.getFileSystem(hadoop);
      ResumableFolder opened = new ResumableFolder(system.makeQualified(path), system);
      WorkFolder.requireApart(opened.folder, new Path(output.path()), hadoop);
      opened.claim(settings);
      try (AtomicFile mark = AtomicFile.create(opened.mark(), hadoop)) {
        byte[] json = settings.toJson().getBytes(StandardCharsets.UTF_8);
        mark.write(json, 0, json.length);
        mark.commit();
      }
      return opened;
    } catch (IOException e) {
      throw new UsageException(
          "Cannot make the work folder %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  private void claim(ResolvedConfiguration settings) throws IOException {
    if (!system.exists(folder)) {
      return;
    }
    if (!system.exists(mark())) {
      throw new UsageException(
          "Work folder %s exists and is not one of Coppice; give another --work-dir"
              .formatted(folder));
    }
    List<String> differences = differences(settings);
    if (!differences.isEmpty() && !finished().isEmpty()) {
      throw new UsageException(
          ("Work folder %s holds what a run with other settings has finished (now %s); give the same"
                  + " settings to go on with it, or another --output, or delete the folder")
              .formatted(folder, String.join("; ", differences)));
    }
  }

  /** A mark that holds no settings was left by another command. */
  private List<String> differences(ResolvedConfiguration settings) throws IOException {
    try (InputStream in = system.open(mark())) {
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return json.isEmpty()
          ? List.of("another command")
          : settings.differences(ResolvedConfiguration.fromJson(json));
    } catch (JsonProcessingException e) {
      return List.of("settings that cannot be read");
    }
  }

  /** The folder's full path. */
  Path path() {
    return folder;
  }

  /** Where a file goes. */
  Path file(String name) {
    return new Path(folder, name);
  }

  /** The names of the finished files. */
  Set<String> finished() {
    try {
      Set<String> names = new TreeSet<>();
      Arrays.stream(system.listStatus(folder))
          .filter(FileStatus::isFile)
          .map(file -> file.getPath().getName())
          .filter(name -> !name.startsWith("."))
          .forEach(names::add);
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list the work folder " + folder, e);
    }
  }

  /** Deletes it with all that is in it. */
  void delete() {
    try {
      system.delete(folder, true);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete the work folder " + folder, e);
    }
  }

  private Path mark() {
    return new Path(folder, WorkFolder.MARK);
  }
}
