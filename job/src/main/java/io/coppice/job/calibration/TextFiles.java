package io.coppice.job.calibration;

import io.coppice.failure.UsageException;
import io.coppice.job.work.FileStamp;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that a user's text locations stand for, in the order of their paths.
 *
 * <p>A location is a file, a folder (taken with all below it) or a glob, on any Hadoop file system.
 * Hidden files (names that begin with {@code _} or {@code .}) are left out, and so are files in a
 * folder or a glob whose ending is not a text format's.
 */
record TextFiles(SortedMap<String, TextFormat> formats) {
  private static final Logger LOG = LoggerFactory.getLogger(TextFiles.class);

  /**
   * Finds the files.
   *
   * @throws UsageException if a location does not exist or holds no text file
   */
  static TextFiles find(List<String> locations, Configuration hadoop) {
    SortedMap<String, TextFormat> formats = new TreeMap<>();
    for (String location : locations) {
      SortedMap<String, TextFormat> found = new TreeMap<>();
      try {
        addLocation(location, hadoop, found);
      } catch (FileNotFoundException e) {
        throw new UsageException(missing(location), e);
      } catch (IllegalArgumentException | UnsupportedFileSystemException e) {
        throw new UsageException(
            "The text location '" + location + "' is not a path: " + e.getMessage() + ".", e);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot list the text location " + location, e);
      }
      if (found.isEmpty()) {
        throw new UsageException(
            "There is no text file in " + location + ": expected " + TextFormat.ENDINGS + ".");
      }
      formats.putAll(found);
    }
    return new TextFiles(formats);
  }

  /** Number, sizes and dates of the files. */
  FileStamp stamp(Configuration hadoop) {
    List<FileStatus> files = new ArrayList<>();
    for (String name : formats.keySet()) {
      Path path = new Path(name);
      try {
        files.add(path.getFileSystem(hadoop).getFileStatus(path));
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot look at " + path, e);
      }
    }
    return FileStamp.of(files);
  }

  /** The paths of one format, in order. */
  List<String> of(TextFormat format) {
    return formats.entrySet().stream()
        .filter(entry -> entry.getValue() == format)
        .map(entry -> entry.getKey())
        .toList();
  }

  private static void addLocation(
      String location, Configuration hadoop, SortedMap<String, TextFormat> formats)
      throws IOException {
    Path path = new Path(location);
    FileSystem fileSystem = path.getFileSystem(hadoop);
    Optional<FileStatus> exact = status(fileSystem, path);
    if (exact.isPresent() && exact.get().isFile()) {
      formats.put(
          exact.get().getPath().toString(),
          TextFormat.of(path.getName())
              .orElseThrow(
                  () ->
                      new UsageException(
                          "The format of "
                              + location
                              + " cannot be told: expected a name that"
                              + " ends in "
                              + TextFormat.ENDINGS
                              + ".")));
      return;
    }
    FileStatus[] found =
        exact.isPresent() ? new FileStatus[] {exact.get()} : fileSystem.globStatus(path);
    if (found == null || found.length == 0) {
      throw new UsageException(missing(location));
    }
    for (FileStatus status : found) {
      addAll(fileSystem, status, formats);
    }
  }

  private static Optional<FileStatus> status(FileSystem fileSystem, Path path) throws IOException {
    try {
      return Optional.of(fileSystem.getFileStatus(path));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  private static void addAll(
      FileSystem fileSystem, FileStatus status, SortedMap<String, TextFormat> formats)
      throws IOException {
    if (status.isDirectory()) {
      List<FileStatus> children =
          new ArrayList<>(Arrays.asList(fileSystem.listStatus(status.getPath())));
      children.removeIf(child -> child.getPath().getName().matches("[_.].*"));
      for (FileStatus child : children) {
        addAll(fileSystem, child, formats);
      }
      return;
    }
    TextFormat.of(status.getPath().getName())
        .ifPresentOrElse(
            format -> formats.put(status.getPath().toString(), format),
            () -> LOG.info("Left out {}: its name is not a text file's", status.getPath()));
  }

  private static String missing(String location) {
    return "The text " + location + " does not exist: give a file, a folder or a glob.";
  }
}
