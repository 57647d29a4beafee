package io.coppice.job.text;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The files that one of the user's locations stands for.
 *
 * @param files by their paths
 * @param leftOut files and folders that were not taken
 */
record LocationSearch(SortedMap<String, ListedFile> files, LeftOut leftOut) {
  /**
   * Finds the files.
   *
   * @throws UsageException if there are none
   */
  static LocationSearch find(String location, Configuration hadoop) {
    Path path = Storage.path(location);
    FileSystem system = Storage.of(path, hadoop);
    LocationSearch search = new LocationSearch(new TreeMap<>(), new LeftOut());
    // A file may well be called what looks like a glob.
    Optional<FileStatus> exact = Storage.status(system, path);
    if (exact.isPresent() && exact.get().isFile()) {
      search.add(ListedFile.named(exact.get(), location));
      return search;
    }
    FolderListing folders = new FolderListing(system, search.leftOut);
    List<FileStatus> matches = exact.map(List::of).orElseGet(() -> new Glob(folders).find(path));
    for (FileStatus match : matches) {
      if (match.isDirectory()) {
        folders.texts(match, search::add);
      } else {
        folders.text(match, search::add);
      }
    }
    search.requireSome(location, !matches.isEmpty());
    return search;
  }

  private void add(ListedFile file) {
    files.put(file.name(), file);
  }

  private void requireSome(String location, boolean exists) {
    if (!files.isEmpty()) {
      return;
    }
    String shown = Words.line(location);
    if (!exists && leftOut.isEmpty()) {
      throw new UsageException(
          "The text %s does not exist: give a file, a folder or a glob.".formatted(shown));
    }
    throw new UsageException(
        "There is no text file in %s: expected %s%s."
            .formatted(
                shown, TextFormat.ENDINGS, leftOut.isEmpty() ? "" : "; not read: " + leftOut));
  }
}
