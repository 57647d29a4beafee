package io.coppice.job.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.failure.UsageException;
import io.coppice.job.cli.OutputSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.progress.Progress;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run's folder for intermediate files. A run that fails leaves its finished parts in it, which
 * the same run, started again, takes over; a run that succeeds deletes the folder, unless it is to
 * be kept.
 *
 * <p>A mark in it holds what its files depend on, and claims keep a second run away from it and
 * from the output. Only a folder that carries our mark is ever deleted.
 */
public final class WorkFolder implements AutoCloseable {
  /** Sub-folder for activations at block boundaries, which are made anew. */
  public static final String ACTIVATIONS = "activations";

  /** Sub-folder for blocks. */
  public static final String BLOCKS = "blocks";

  /** Sub-folder for texts that the model writes. */
  public static final String TEXTS = "texts";

  /** Sub-folder for the metrics of errors. */
  public static final String METRICS = "metrics";

  /** Sub-folder for ablations, which are made anew. */
  public static final String ABLATION = "ablation";

  /** Name of the sub-folder for unfinished files, in any folder. */
  public static final String UNFINISHED = "unfinished";

  private static final Logger LOG = LoggerFactory.getLogger(WorkFolder.class);
  private static final String MARK = ".coppice-work";
  private static final String CONTENT = "run-";
  private static final List<String> UNREADABLE = List.of("settings that cannot be read");
  private static final List<String> KEPT = List.of(BLOCKS, TEXTS, METRICS);

  private final Path folder;
  private final Path content;
  private final FileSystem system;
  private final Configuration hadoop;
  private final boolean keep;
  private final Claims claims;
  private final List<Runnable> closings = new ArrayList<>();
  private boolean done;

  private WorkFolder(Path folder, Path content, Configuration hadoop, boolean keep, Claims claims) {
    this.folder = folder;
    this.content = content;
    this.hadoop = hadoop;
    system = Storage.of(folder, hadoop);
    this.keep = keep;
    this.claims = claims;
  }

  /**
   * Makes the folder, or opens the one that the same run left.
   *
   * @param identity everything that finished files depend on
   * @param progress receives an event if it takes time to find out whether another run is at work
   * @throws UsageException if something else is at its place, another run works on it or on the
   *     output, or it holds what a run with another identity finished, or it and the output lie in
   *     each other
   */
  public static WorkFolder open(
      OutputSettings output,
      ResolvedConfiguration identity,
      Configuration hadoop,
      Progress progress) {
    Path path = Storage.path(output.workDir());
    try {
      FileSystem system = Storage.of(path, hadoop);
      Path folder = system.makeQualified(path);
      Path target = qualified(Storage.path(output.path()), hadoop);
      requireApart(folder, target);
      WritablePlace.require("output", target, hadoop);
      WritablePlace.require("work folder", folder, hadoop);
      if (system.exists(folder)) {
        requireOurs(system, folder);
      }
      Claims claims = claim(system, folder, target, hadoop, progress);
      try {
        // A task that outlived its run, or a run that lost its claim, still writes to its old
        // folder.
        Path content = new Path(folder, CONTENT + fingerprint(identity));
        WorkFolder opened = new WorkFolder(folder, content, hadoop, output.keepWork(), claims);
        opened.begin(identity, output.restart());
        return opened;
      } catch (IOException | RuntimeException e) {
        claims.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UsageException(
          "Cannot make the work folder %s: %s".formatted(path, Storage.reason(e)), e);
    }
  }

  /** Makes the folder and claims it and the output; a run that is refused leaves no folder. */
  private static Claims claim(
      FileSystem system, Path folder, Path output, Configuration hadoop, Progress progress)
      throws IOException {
    boolean isNew = !system.exists(folder);
    system.mkdirs(folder);
    try {
      return Claims.take(
          folder, output, new Claim.Circumstances(hadoop, Claim.Timing.USUAL, progress));
    } catch (IOException | RuntimeException e) {
      if (isNew && system.listStatus(folder).length == 0) {
        system.delete(folder, false);
      }
      throw e;
    }
  }

  private static String fingerprint(ResolvedConfiguration identity) {
    UUID hash = UUID.nameUUIDFromBytes(identity.toJson().getBytes(StandardCharsets.UTF_8));
    return hash.toString().substring(0, 8);
  }

  /** Deleting one must not delete the other, nor creating one create the other. */
  private static void requireApart(Path folder, Path target) {
    if (OutputFolder.holds(folder, target) || OutputFolder.holds(target, folder)) {
      throw new UsageException(
          "Work folder %s and output folder %s may not lie in each other; give another --work-dir"
              .formatted(folder, target));
    }
  }

  private static Path qualified(Path path, Configuration hadoop) {
    return Storage.of(path, hadoop).makeQualified(path);
  }

  private static void requireOurs(FileSystem system, Path folder) throws IOException {
    if (!system.getFileStatus(folder).isDirectory()
        || !system.exists(new Path(folder, MARK))
            && !system.exists(new Path(folder, Claim.NAME))
            && !isLateRemainder(system, folder)) {
      throw new UsageException(
          "Work folder %s exists and is not one of Coppice; give another --work-dir"
              .formatted(folder));
    }
  }

  /** A task that outlived its run may have written once more when the mark was gone already. */
  private static boolean isLateRemainder(FileSystem system, Path folder) throws IOException {
    return folder.getName().endsWith(OutputSettings.WORK_DIR_ENDING)
        && Arrays.stream(system.listStatus(folder))
            .map(child -> child.getPath().getName())
            .allMatch(name -> name.startsWith(CONTENT) || AtomicFile.isTemporary(name));
  }

  private void begin(ResolvedConfiguration identity, boolean restart) throws IOException {
    boolean goesOn = !restart && goesOn(identity);
    for (FileStatus child : system.listStatus(folder)) {
      Path path = child.getPath();
      boolean stays =
          path.getName().equals(Claim.NAME)
              || goesOn && (path.equals(mark()) || path.equals(content));
      if (!stays) {
        system.delete(path, true);
      }
    }
    system.delete(path(ACTIVATIONS), true);
    system.delete(path(ABLATION), true);
    for (FileStatus file : keptFiles()) {
      if (AtomicFile.isTemporary(file.getPath().getName())) {
        system.delete(file.getPath(), false);
      }
    }
    AtomicFile.write(mark(), identity.toJson(), hadoop);
  }

  /** Whether the folder's content belongs to the same run. */
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

  /** Whether it holds something that nobody wants to lose; metrics are soon made again. */
  private boolean holdsFinished() throws IOException {
    return keptFiles().stream()
        .anyMatch(
            file ->
                !isHidden(file)
                    && !Set.of(UNFINISHED, METRICS).contains(file.getPath().getParent().getName()));
  }

  /** Whether it holds something that saves the same run work. */
  private boolean isOfUse() throws IOException {
    return keptFiles().stream().anyMatch(file -> !isHidden(file));
  }

  private List<FileStatus> keptFiles() throws IOException {
    List<FileStatus> found = new ArrayList<>();
    for (FileStatus child : system.listStatus(folder)) {
      for (String part : KEPT) {
        Path path = new Path(child.getPath(), part);
        if (child.isDirectory() && system.exists(path)) {
          RemoteIterator<LocatedFileStatus> files = system.listFiles(path, true);
          while (files.hasNext()) {
            found.add(files.next());
          }
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

  /** The full path of the folder that sub-folders are made in. */
  public Path path() {
    return content;
  }

  /** The full path of a sub-folder. */
  public Path path(String part) {
    return new Path(content, part);
  }

  /** The names of the finished files in a sub-folder. */
  public Set<String> finished(String part) {
    try {
      Set<String> names = new TreeSet<>();
      if (system.exists(path(part))) {
        Arrays.stream(system.listStatus(path(part)))
            .filter(file -> file.isFile() && !isHidden(file))
            .forEach(file -> names.add(file.getPath().getName()));
      }
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + path(part), e);
    }
  }

  /**
   * To be asked before anything is made final.
   *
   * @throws UsageException if this run stood still for so long that another one took over
   */
  public void requireHeld() {
    claims.requireHeld();
  }

  /** Registers an action for the end, unless another run takes over. */
  public void whenClosed(Runnable closing) {
    closings.add(closing);
  }

  /** Notes that the run has succeeded and needs nothing in the folder any more. */
  public void done() {
    done = true;
  }

  /** Deletes the folder, unless it is to be kept or a run that failed has finished something. */
  @Override
  public void close() {
    // The folder may be deleted with the claim in it; the other one is renewed to the end.
    claims.work().stop();
    try (claims) {
      if (claims.output().isOurs()) {
        closings.forEach(Runnable::run);
      }
      if (claims.work().isOurs()) {
        closeFolder();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete the work folder " + folder, e);
    }
  }

  private void closeFolder() throws IOException {
    if (done && keep) {
      LOG.info("Intermediate files stay in {}", folder);
    } else if (!done && isOfUse()) {
      LOG.warn("What is finished stays in {}; the same command goes on with it", folder);
    } else {
      system.delete(folder, true);
    }
  }
}
