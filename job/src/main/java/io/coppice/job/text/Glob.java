package io.coppice.job.text;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;

/**
 * Finds the paths that a pattern matches, component by component, by Hadoop's own rules for one
 * component; its search for whole paths fails at the first name with a colon.
 *
 * <p>A component that is the name of an existing file is not a pattern. Hidden names are matched
 * where the pattern's own first character says so.
 */
record Glob(FolderListing folders) {
  /** No name begins with it, of those that a user would write a pattern for. */
  private static final char OTHER_CHARACTER = '\uE000';

  /**
   * The files and folders that match.
   *
   * @throws UsageException if the pattern is none
   */
  List<FileStatus> find(Path pattern) {
    List<FileStatus> found = new ArrayList<>();
    try {
      for (String alternative : GlobExpander.expand(pattern.toUri().getPath())) {
        List<FileStatus> level = start(pattern, alternative);
        for (String component : components(alternative)) {
          List<FileStatus> below = new ArrayList<>();
          for (FileStatus folder : level) {
            if (folder.isDirectory()) {
              below.addAll(matches(folder.getPath(), component));
            }
          }
          level = below;
        }
        found.addAll(level);
      }
    } catch (IOException e) {
      throw new UsageException(
          "The text %s does not exist, and is no glob either: a bracket or brace in it is not closed."
              .formatted(Words.line(pattern.toString())),
          e);
    }
    return found;
  }

  private List<FileStatus> start(Path pattern, String alternative) {
    FileSystem system = folders.system();
    Path start =
        alternative.startsWith(Path.SEPARATOR)
            ? new Path(pattern.toUri().getScheme(), pattern.toUri().getAuthority(), "/")
            : system.getWorkingDirectory();
    return Storage.status(system, system.makeQualified(start)).stream().toList();
  }

  private static List<String> components(String path) {
    return Stream.of(path.split(Path.SEPARATOR)).filter(name -> !name.isEmpty()).toList();
  }

  private List<FileStatus> matches(Path folder, String component) throws IOException {
    Optional<FileStatus> named = child(folder, component);
    if (named.isPresent()) {
      return List.of(named.get());
    }
    GlobFilter filter = new GlobFilter(component);
    if (!filter.hasPattern()) {
      return child(folder, component.replaceAll("\\\\(.)", "$1")).stream().toList();
    }
    List<FileStatus> matches = new ArrayList<>();
    for (FileStatus child : folders.children(folder)) {
      if (filter.accept(child.getPath())) {
        if (isMeant(filter, child.getPath())) {
          matches.add(child);
        } else {
          folders.leftOut().addHidden(child.getPath());
        }
      }
    }
    return matches;
  }

  private Optional<FileStatus> child(Path folder, String name) {
    return Storage.status(folders.system(), Storage.child(folder, name));
  }

  /** Whether a name is not hidden, or matches by its first character rather than by a wildcard. */
  private static boolean isMeant(GlobFilter filter, Path path) {
    String name = path.getName();
    return !FolderListing.isHidden(name)
        || !filter.accept(Storage.child(path.getParent(), OTHER_CHARACTER + name.substring(1)));
  }
}
