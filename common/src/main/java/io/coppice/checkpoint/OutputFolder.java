package io.coppice.checkpoint;

import io.coppice.failure.UsageException;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The folder of a finished result, such as a model. Everything is assembled in {@link #staging()}
 * beside it, which {@link #commit()} moves to its place, with a {@link SuccessMark} in it.
 *
 * <p>Where a file system renames folders atomically, the folder appears whole or not at all. A
 * folder that is to be replaced is moved aside first, put back if the new one cannot take its
 * place, and deleted only when the new one has.
 *
 * <p>Elsewhere, as in object stores, files are moved one by one, the run's record first and the
 * mark last; until then readers refuse the folder. A folder that is to be replaced is deleted when
 * the new one is whole in the staging folder. After an interrupted commit, the staging folder holds
 * the files that have not been moved yet, and a later run may replace both.
 */
public final class OutputFolder implements AutoCloseable {
  private final Path folder;
  private final Replaceable replaceable;
  private final FileSystem system;
  private final Configuration hadoop;
  private boolean moving;

  /**
   * @param replaceable the kind of folder that may exist already, and is replaced
   */
  public OutputFolder(Path folder, Replaceable replaceable, Configuration hadoop) {
    this.system = Storage.of(folder, hadoop);
    this.folder = system.makeQualified(folder);
    this.replaceable = replaceable;
    this.hadoop = hadoop;
    if (this.folder.isRoot()) {
      throw new UsageException(
          "The output folder cannot be the root of a file system: " + this.folder);
    }
  }

  /** The folder's full path, with its file system. */
  public Path path() {
    return folder;
  }

  /**
   * The folder in which to assemble the model: a hidden folder beside the output, always the same
   * one.
   */
  public Path staging() {
    return Storage.child(folder.getParent(), ".coppice-staging-" + folder.getName());
  }

  /**
   * Deletes the content of {@link #staging()}, such as the files that a killed run left there, and
   * those that it had already moved.
   *
   * @throws java.io.UncheckedIOException if it cannot be deleted
   */
  public void discardStaging() {
    try {
      if (isInterrupted()) {
        system.delete(folder, true);
      }
      system.delete(staging(), true);
    } catch (IOException e) {
      throw Storage.cannot("delete", staging(), e);
    }
  }

  /** The sub-folder of a model, staged or in its place, that holds the record of its run. */
  public static Path record(Path model) {
    return SuccessMark.record(model);
  }

  /** Whether there is a model that Coppice finished writing. */
  public boolean isFinished() {
    return Storage.status(system, SuccessMark.in(folder)).isPresent();
  }

  /**
   * Fails now if {@link #commit()} would have to, before any work is done.
   *
   * @param inputs the paths that the run reads; they must not be in a folder that is replaced
   * @throws UsageException if the folder exists and may not be replaced: because nothing may be,
   *     because it is a file or a folder of another kind, or because it holds one of the inputs
   */
  public void requireFree(Collection<Path> inputs) {
    Optional<FileStatus> existing = Storage.status(system, folder);
    if (existing.isEmpty() || isInterrupted()) {
      return;
    }
    if (replaceable.isNothing()) {
      throw new UsageException(
          "Output folder %s exists already; choose another one or give --overwrite"
              .formatted(folder));
    }
    if (!existing.get().isDirectory()) {
      throw new UsageException(
          "Output folder %s is a file, which --overwrite does not replace; choose another one"
              .formatted(folder));
    }
    if (!holdsMark() && !isEmpty(folder)) {
      throw new UsageException(
          ("Output folder %s holds no %s, so it is no %s that --overwrite may replace; choose another"
                  + " one or delete it yourself")
              .formatted(folder, String.join(" or ", replaceable.marks()), replaceable.what()));
    }
    for (Path input : inputs) {
      if (holds(folder, Storage.of(input, hadoop).makeQualified(input))) {
        throw new UsageException(
            "Output folder %s would replace %s, which is read; choose another one"
                .formatted(folder, input));
      }
    }
  }

  /**
   * Moves the staged model to its place.
   *
   * @throws UsageException as {@link #requireFree} does
   * @throws java.io.UncheckedIOException if a rename fails; the previous folder is restored
   */
  public void commit() {
    requireFree(List.of());
    try {
      deleteUnfinishedFiles();
      SuccessMark.write(staging(), hadoop);
      if (Storage.renamesFoldersAtOnce(system)) {
        rename();
      } else {
        move();
      }
    } catch (IOException e) {
      throw Storage.cannot("put the finished model in its place,", folder, e);
    }
  }

  /**
   * Deletes files that were staged and not committed, unless some of them are in their place
   * already.
   */
  @Override
  public void close() {
    if (!moving) {
      discardStaging();
    }
  }

  private void rename() throws IOException {
    boolean replacing = Storage.status(system, folder).isPresent();
    if (replacing) {
      system.delete(aside(), true);
      Storage.rename(system, hadoop, folder, aside());
    }
    renameIn(replacing);
    if (!replaceable.isNothing()) {
      // This also deletes the folder that a run left when it was killed between the two renames.
      system.delete(aside(), true);
    }
  }

  private void renameIn(boolean replacing) throws IOException {
    try {
      Storage.rename(system, hadoop, staging(), folder);
    } catch (IOException | RuntimeException e) {
      if (replacing) {
        try {
          Storage.rename(system, hadoop, aside(), folder);
        } catch (IOException | RuntimeException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    }
  }

  private void move() throws IOException {
    moving = true;
    // Without its mark, nobody takes the old model for a complete one while it is being deleted.
    system.delete(SuccessMark.in(folder), false);
    system.delete(folder, true);
    for (Path file : stagedFiles()) {
      Path target = Storage.child(folder, relative(file));
      system.mkdirs(target.getParent());
      Storage.rename(system, hadoop, file, target);
    }
    moving = false;
  }

  /** The record's files, then the model's, then the mark. */
  private List<Path> stagedFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    RemoteIterator<LocatedFileStatus> found = system.listFiles(staging(), true);
    while (found.hasNext()) {
      files.add(found.next().getPath());
    }
    Path mark = SuccessMark.in(staging());
    Path record = mark.getParent();
    files.sort(
        Comparator.comparing((Path file) -> file.equals(mark))
            .thenComparing(file -> !file.getParent().equals(record))
            .thenComparing(Path::getName));
    return files;
  }

  private String relative(Path file) {
    return staging().toUri().relativize(file.toUri()).getPath();
  }

  /** Whether a run was killed while it was moving files here. */
  private boolean isInterrupted() {
    return !Storage.renamesFoldersAtOnce(system)
        && SuccessMark.isMissing(system, folder)
        && Storage.status(system, SuccessMark.in(staging())).isPresent();
  }

  private Path aside() {
    return Storage.child(folder.getParent(), ".coppice-replaced-" + folder.getName());
  }

  private void deleteUnfinishedFiles() throws IOException {
    for (FileStatus file : system.listStatus(staging())) {
      if (AtomicFile.isTemporary(file.getPath().getName())) {
        system.delete(file.getPath(), false);
      }
    }
  }

  private boolean holdsMark() {
    return replaceable.marks().stream()
        .anyMatch(mark -> Storage.status(system, new Path(folder, mark)).isPresent());
  }

  private boolean isEmpty(Path directory) {
    try {
      return system.listStatus(directory).length == 0;
    } catch (IOException e) {
      throw Storage.cannot("list", directory, e);
    }
  }

  /** Whether a path is that of a folder or inside it; both with their file systems. */
  public static boolean holds(Path folder, Path inner) {
    return Stream.iterate(inner, path -> path != null, Path::getParent).anyMatch(folder::equals);
  }
}
