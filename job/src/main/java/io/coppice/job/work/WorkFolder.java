package io.coppice.job.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.coppice.checkpoint.AtomicFile;
import io.coppice.failure.UsageException;
import io.coppice.job.config.OutputSettings;
import io.coppice.job.config.ResolvedConfiguration;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run's folder for intermediate files. A run that fails leaves in it what is finished, which
 * the same run, started again, takes over; a run that is through deletes it, unless it is to be
 * kept.
 *
 * <p>A mark in it holds what its files depend on. Only a folder that carries our mark is ever
 * deleted.
 */
public final class WorkFolder implements AutoCloseable {
  /** Sub-folder for activations at block boundaries, which are made anew. */
  public static final String ACTIVATIONS = "activations";

  /** Sub-folder for blocks. */
  public static final String BLOCKS = "blocks";

  /** Sub-folder for texts that the model writes. */
  public static final String TEXTS = "texts";

  /** Sub-folder for ablations, which are made anew. */
  public static final String ABLATION = "ablation";

  private static final Logger LOG = LoggerFactory.getLogger(WorkFolder.class);
  private static final String MARK = ".coppice-work";
  private static final List<String> UNREADABLE = List.of("settings that cannot be read");
  private static final List<String> KEPT = List.of(BLOCKS, TEXTS);
  private static final List<String> MADE_ANEW = List.of(ACTIVATIONS, ABLATION);

  private final Path folder;
  private final FileSystem system;
  private final Configuration hadoop;
  private final boolean keep;
  private boolean done;

  private WorkFolder(Path folder, FileSystem system, Configuration hadoop, boolean keep) {
    this.folder = folder;
    this.system = system;
    this.hadoop = hadoop;
    this.keep = keep;
  }

  /**
   * Makes the folder, or opens what the same run left.
   *
   * @param identity all that finished files depend on
   * @throws UsageException if something else is at its place, it holds what another run finished,
   *     or it and the output lie in each other
   */
  public static WorkFolder open(
      OutputSettings output, ResolvedConfiguration identity, Configuration hadoop) {
    Path path = new Path(output.workDir());
    try {
      FileSystem system = path.getFileSystem(hadoop);
      WorkFolder opened =
          new WorkFolder(system.makeQualified(path), system, hadoop, output.keepWork());
      opened.requireApart(new Path(output.path()));
      opened.begin(identity, output.restart());
      return opened;
    } catch (IOException e) {
      throw new UsageException(
          "Cannot make the work folder %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Deleting one must not delete the other, nor making one make the other exist. */
  private void requireApart(Path output) throws IOException {
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

  private void begin(ResolvedConfiguration identity, boolean restart) throws IOException {
    if (system.exists(folder)) {
      requireOurs();
      boolean goesOn = !restart && goesOn(identity);
      for (FileStatus child : system.listStatus(folder)) {
        if (!goesOn || MADE_ANEW.contains(child.getPath().getName())) {
          system.delete(child.getPath(), true);
        }
      }
      deleteUnfinished();
    }
    system.mkdirs(folder);
    AtomicFile.write(mark(), identity.toJson(), hadoop);
  }

  private void requireOurs() throws IOException {
    if (!system.getFileStatus(folder).isDirectory()
        || !system.exists(mark()) && !isLateRemainder()) {
      throw new UsageException(
          "Work folder %s exists and is not one of Coppice; give another --work-dir"
              .formatted(folder));
    }
  }

  /** A task that outlived its run may have written once more when the mark was gone already. */
  private boolean isLateRemainder() throws IOException {
    Set<String> ours = Stream.of(KEPT, MADE_ANEW).flatMap(List::stream).collect(Collectors.toSet());
    FileStatus[] children = system.listStatus(folder);
    return folder.getName().endsWith(OutputSettings.WORK_DIR_ENDING)
        && Arrays.stream(children)
            .map(child -> child.getPath().getName())
            .allMatch(name -> ours.contains(name) || AtomicFile.isTemporary(name));
  }

  /** Whether what is there is of the same run. */
  private boolean goesOn(ResolvedConfiguration identity) throws IOException {
    if (!system.exists(mark())) {
      return false;
    }
    List<String> differences = differences(identity);
    if (!differences.isEmpty() && holdsFinished()) {
      throw new UsageException(
          ("Work folder %s holds what a run with other settings or inputs has finished (now %s);"
                  + " give the same to go on with it, or another --output, or --restart to delete"
                  + " it and start anew")
              .formatted(folder, String.join("; ", differences)));
    }
    return differences.isEmpty();
  }

  private List<String> differences(ResolvedConfiguration identity) throws IOException {
    try (InputStream in = system.open(mark())) {
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return json.isEmpty()
          ? UNREADABLE
          : identity.differences(ResolvedConfiguration.fromJson(json));
    } catch (JsonProcessingException e) {
      return UNREADABLE;
    }
  }

  private boolean holdsFinished() throws IOException {
    for (FileStatus file : keptFiles()) {
      if (!isHidden(file)) {
        return true;
      }
    }
    return false;
  }

  /** What tasks left that were killed while they wrote. */
  private void deleteUnfinished() throws IOException {
    for (FileStatus file : keptFiles()) {
      if (AtomicFile.isTemporary(file.getPath().getName())) {
        system.delete(file.getPath(), false);
      }
    }
  }

  private List<FileStatus> keptFiles() throws IOException {
    List<FileStatus> found = new ArrayList<>();
    for (String part : KEPT) {
      Path path = new Path(folder, part);
      if (system.exists(path)) {
        RemoteIterator<LocatedFileStatus> files = system.listFiles(path, true);
        while (files.hasNext()) {
          found.add(files.next());
        }
      }
    }
    return found;
  }

  private static boolean isHidden(FileStatus file) {
    return file.getPath().getName().startsWith(".");
  }

  private Path mark() {
    return new Path(folder, MARK);
  }

  /** The folder's full path. */
  public Path path() {
    return folder;
  }

  /** The full path of a sub-folder. */
  public Path path(String part) {
    return new Path(folder, part);
  }

  /** The names of the finished files in a sub-folder. */
  public Set<String> finished(String part) {
    Path path = new Path(folder, part);
    try {
      Set<String> names = new TreeSet<>();
      if (system.exists(path)) {
        Arrays.stream(system.listStatus(path))
            .filter(file -> file.isFile() && !isHidden(file))
            .forEach(file -> names.add(file.getPath().getName()));
      }
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + path, e);
    }
  }

  /** The run is through, and nothing in the folder is needed any more. */
  public void done() {
    done = true;
  }

  /** Deletes the folder, unless it is to be kept or a run that failed has finished something. */
  @Override
  public void close() {
    try {
      if (done && keep) {
        LOG.info("Intermediate files stay in {}", folder);
      } else if (!done && holdsFinished()) {
        LOG.warn("What is finished stays in {}; the same command goes on with it", folder);
      } else {
        system.delete(folder, true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete the work folder " + folder, e);
    }
  }
}
