package io.coppice.storage;

import io.coppice.failure.UsageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Checks, before there is a result, that it can be written to its place. */
public final class WritablePlace {
  private static final String SPARE_LETTERS = "-".repeat(16);
  private static final Pattern SYSTEMS_WORDS = Pattern.compile("\\(([^()]*)\\)$");

  private WritablePlace() {}

  /**
   * Writes an empty file beside the place and deletes it, with the folders that were created for
   * it.
   *
   * @param what names the thing to be written, for the sentence: output, work folder
   * @param place of a file or folder, which need not exist, nor the folders that it will lie in
   * @throws UsageException if nothing can be written there: it would lie in a file, the folder is
   *     not writable or on a read-only or full file system, or the name is not allowed there
   */
  public static void require(String what, Path place, Configuration hadoop) {
    FileSystem system = Storage.of(place, hadoop);
    Path file = system.makeQualified(place);
    if (file.getParent() == null) {
      throw new UsageException(
          "The %s %s is the root of a file system; give a place in it".formatted(what, file));
    }
    Storage.status(system, file);
    Deque<Path> missing = missingFolders(what, system, file);
    try {
      tryToWrite(system, file);
    } catch (IOException | FSError e) {
      throw new UsageException(
          "Cannot write the %s %s (%s); choose another place or make this one writable"
              .formatted(what, file, reason(e)),
          e);
    } finally {
      deleteEmpty(system, missing);
    }
  }

  /** The missing folders, the innermost first. */
  private static Deque<Path> missingFolders(String what, FileSystem system, Path file) {
    Deque<Path> missing = new ArrayDeque<>();
    Path folder = file.getParent();
    Optional<FileStatus> found = Storage.status(system, folder);
    while (found.isEmpty() && folder.getParent() != null) {
      missing.addLast(folder);
      folder = folder.getParent();
      found = Storage.status(system, folder);
    }
    if (found.isPresent() && !found.orElseThrow().isDirectory()) {
      throw new UsageException(
          "Cannot write the %s %s: %s is a file, not a folder; choose another place"
              .formatted(what, file, folder));
    }
    return missing;
  }

  private static void tryToWrite(FileSystem system, Path file) throws IOException {
    // As long as any name that is derived from it, such as that of a claim.
    Path trial =
        AtomicFile.temporary(Storage.child(file.getParent(), file.getName() + SPARE_LETTERS));
    if (!system.mkdirs(file.getParent())) {
      throw new IOException("its folder cannot be made");
    }
    system.create(trial, false).close();
    system.delete(trial, false);
  }

  private static void deleteEmpty(FileSystem system, Deque<Path> folders) {
    try {
      for (Path folder : folders) {
        // Another run may have put something there in the meantime.
        system.delete(folder, false);
      }
    } catch (IOException e) {
      // Only empty folders remain.
    }
  }

  private static String reason(Throwable failure) {
    // Java's message begins with the name of the trial file.
    Matcher words = SYSTEMS_WORDS.matcher(String.valueOf(failure.getMessage()));
    return failure instanceof FileNotFoundException && words.find()
        ? words.group(1)
        : Storage.reason(failure);
  }
}
