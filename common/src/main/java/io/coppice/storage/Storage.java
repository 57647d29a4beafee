package io.coppice.storage;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ClusterStorageCapacityExceededException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Hadoop file systems without their surprises: paths of any name, complete listings, renames that
 * work alike everywhere, and failures as sentences.
 */
public final class Storage {

  /** File systems that are known to rename a folder with all its content in one step. */
  private static final Set<String> RENAME_FOLDERS_AT_ONCE =
      Set.of("file", "hdfs", "viewfs", "webhdfs", "swebhdfs");

  /** Messages of Linux when a disk, or a user's share of it, is full. */
  private static final List<String> FULL =
      List.of("No space left on device", "Disk quota exceeded");

  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:/");

  /** Characters that Java puts in place of bytes that its encoding cannot decode. */
  private static final Pattern UNREADABLE = Pattern.compile("[\ufffd?]");

  private static final char REPLACEMENT = '\ufffd';

  private Storage() {}

  /**
   * Whether renaming a folder shows it under its new name whole or not at all. Object stores copy
   * and delete file by file instead.
   */
  public static boolean renamesFoldersAtOnce(FileSystem system) {
    return RENAME_FOLDERS_AT_ONCE.contains(system.getUri().getScheme());
  }

  /** Whether its files are on this machine, or look as if they were. */
  public static boolean isLocal(FileSystem system) {
    return "file".equals(system.getUri().getScheme());
  }

  /**
   * The file system of a path. Local files are written without Hadoop's checksum files, which would
   * litter the output folder.
   *
   * @throws UsageException if the path's scheme is unknown here, or its classes are missing
   */
  public static FileSystem of(Path path, Configuration hadoop) {
    try {
      FileSystem system = path.getFileSystem(hadoop);
      return system instanceof LocalFileSystem local ? local.getRawFileSystem() : system;
    } catch (IOException | RuntimeException e) {
      throw new UsageException(
          "Cannot reach the file system of %s: %s".formatted(path, reason(e)), e);
    }
  }

  /**
   * The path that a user means. A name may hold colons: only letters before {@code :/} are a file
   * system's scheme.
   *
   * @throws UsageException if it is not a path, or holds characters that this process cannot read
   */
  public static Path path(String location) {
    if (location.indexOf(REPLACEMENT) >= 0) {
      throw unreadable(location);
    }
    try {
      boolean named = SCHEME.matcher(location).lookingAt() || location.startsWith("/");
      // Hadoop takes what comes before the first colon for a scheme, unless a slash comes earlier.
      return new Path(named || location.isEmpty() ? location : "./" + location);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "%s is not a path: %s".formatted(Words.quote(location), reason(e)), e);
    }
  }

  /** The exception for a path whose characters were lost before they got here. */
  public static UsageException unreadable(String location) {
    return new UsageException(
        "The path %s has characters that cannot be read: set the environment variable LC_ALL=C.UTF-8 (with --deploy-mode cluster on YARN: --conf spark.yarn.appMasterEnv.LC_ALL=C.UTF-8), or rename the file in UTF-8"
            .formatted(Words.quote(location)));
  }

  /** The path of a name in a folder; the name may hold colons. */
  public static Path child(Path folder, String name) {
    return new Path(folder, new Path(null, null, "./" + name));
  }

  /**
   * Everything directly in a folder, in the order of names.
   *
   * @throws UsageException if a name has characters that this process cannot read, because Java
   *     would then leave the file out silently
   * @throws IOException if the folder cannot be listed
   */
  public static List<FileStatus> list(FileSystem system, Path folder) throws IOException {
    if (system instanceof RawLocalFileSystem local) {
      requireReadableNames(local.pathToFile(folder));
    }
    return Arrays.stream(system.listStatus(folder)).sorted().toList();
  }

  private static void requireReadableNames(File folder) {
    String[] names = folder.list();
    for (String name : names == null ? new String[0] : names) {
      if (UNREADABLE.matcher(name).find() && !new File(folder, name).exists()) {
        throw new UsageException(
            "The folder %s holds a file whose name cannot be read (%s): set the environment variable LC_ALL=C.UTF-8 for driver and executors, or rename the file in UTF-8"
                .formatted(folder, Words.quote(name)));
      }
    }
  }

  /**
   * The file or folder at a path, if there is one.
   *
   * @throws UsageException if the file system does not allow such a name, as HDFS allows none with
   *     a colon
   */
  public static Optional<FileStatus> status(FileSystem system, Path path) {
    try {
      return Optional.of(system.getFileStatus(path));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "%s holds a name that its file system does not take; choose one without colons and control characters"
              .formatted(path),
          e);
    } catch (IOException e) {
      throw cannot("look at", path, e);
    }
  }

  /**
   * The whole content of a small file.
   *
   * @throws InvalidDataException if it is longer than {@code limit} bytes
   */
  public static byte[] readSmall(FileSystem system, Path path, int limit) {
    try {
      long length = system.getFileStatus(path).getLen();
      if (length > limit) {
        throw new InvalidDataException(
            "%s is %d bytes long, but such a file has at most %d; it is not what its name says"
                .formatted(path, length, limit));
      }
      byte[] content = new byte[(int) length];
      try (FSDataInputStream in = system.open(path)) {
        in.readFully(content);
      }
      return content;
    } catch (IOException e) {
      throw cannot("read", path, e);
    }
  }

  /**
   * Renames a file or folder in the same way on every file system: an existing target is an error,
   * unless it is a file and {@code replaceFile} is set.
   */
  public static void rename(FileSystem system, Configuration hadoop, Path from, Path to)
      throws IOException {
    rename(system, hadoop, from, to, Options.Rename.NONE);
  }

  /** As {@link #rename}, but a file of the target's name is replaced. */
  public static void renameOver(FileSystem system, Configuration hadoop, Path from, Path to)
      throws IOException {
    rename(system, hadoop, from, to, Options.Rename.OVERWRITE);
  }

  private static void rename(
      FileSystem system, Configuration hadoop, Path from, Path to, Options.Rename option)
      throws IOException {
    // FileSystem.rename moves into existing folders and replaces or refuses files as it likes.
    FileStatus existing = status(system, to).orElse(null);
    if (existing != null && (existing.isDirectory() || option == Options.Rename.NONE)) {
      throw new FileAlreadyExistsException(to + " exists already");
    }
    if (system instanceof RawLocalFileSystem) {
      renameChecked(system, from, to);
      return;
    }
    try {
      FileContext.getFileContext(system.getUri(), hadoop)
          .rename(system.makeQualified(from), system.makeQualified(to), option);
    } catch (UnsupportedFileSystemException e) {
      if (existing != null) {
        system.delete(to, false);
      }
      renameChecked(system, from, to);
    }
  }

  private static void renameChecked(FileSystem system, Path from, Path to) throws IOException {
    if (!system.rename(from, to)) {
      throw new IOException("renaming %s to %s was refused".formatted(from, to));
    }
  }

  /**
   * Deletes a file, or a folder with all that is in it, if it is there.
   *
   * @throws java.io.UncheckedIOException if it cannot be deleted
   */
  public static void delete(Path path, Configuration hadoop) {
    try {
      of(path, hadoop).delete(path, true);
    } catch (IOException e) {
      throw cannot("delete", path, e);
    }
  }

  /** The exception for a failure: a full file system is for the user to put right, nothing else. */
  public static RuntimeException cannot(String action, Path path, IOException cause) {
    if (isFull(cause)) {
      return new UsageException(
          ("There is no room left to %s %s (%s); make room or raise the quota, and start the same"
                  + " command again")
              .formatted(action, path, reason(cause)),
          cause);
    }
    return new UncheckedIOException(
        "Cannot %s %s: %s".formatted(action, path, reason(cause)), cause);
  }

  private static boolean isFull(IOException cause) {
    String message = String.valueOf(cause.getMessage());
    return cause instanceof ClusterStorageCapacityExceededException
        || FULL.stream().anyMatch(message::contains);
  }

  /** A failure's message on one line, or its kind if it has none. */
  public static String reason(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName()
        : Words.line(message.strip().lines().findFirst().orElseThrow());
  }
}
