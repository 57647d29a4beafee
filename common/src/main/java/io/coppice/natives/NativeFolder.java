package io.coppice.natives;

import io.coppice.failure.NativeLibraryException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Chooses the folder that native libraries are unpacked to: the temporary folder, or another one
 * where that is on a file system that runs no code ({@code noexec}) or cannot be written to.
 *
 * <p>Each library has a system property for it; one that the user has set is left alone.
 */
public final class NativeFolder {
  /** The remedy where no folder was found, or a library did not load from the one that was. */
  public static final String REMEDY =
      "a library is unpacked to a folder and run from there, so the folder must be writable, have room for it and not be mounted noexec: give another one by -Djava.io.tmpdir=FOLDER, in --driver-java-options and in spark.executor.extraJavaOptions";

  private static final String FOLDER = "coppice.natives";
  private static final String JAVA_CPP = "org.bytedeco.javacpp.cachedir";
  private static final String JNA = "jna.tmpdir";
  private static final String SNAPPY = "org.xerial.snappy.tempdir";
  private static final String ZSTD = "ZstdTempFolder";

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<Set<PosixFilePermission>> AS_PRIVATE =
      PosixFilePermissions.asFileAttribute(PRIVATE);

  private NativeFolder() {}

  /**
   * Sets the libraries' properties, before any of them is loaded; a second time it does nothing.
   *
   * @throws NativeLibraryException if there is no folder to write to
   */
  public static synchronized void prepare() {
    if (System.getProperty(FOLDER) != null) {
      return;
    }
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Path home = Path.of(System.getProperty("user.home"));
    Optional<Path> found = firstThatRuns(temporary, home);
    Path folder = unpackFolder(found.orElse(temporary));
    System.setProperty(FOLDER, folder.toString());
    setIfMissing(JNA, folder);
    if (!home.isAbsolute() || !runsCode(home)) {
      // The library would take a folder in it, even where nothing can be run from there.
      setIfMissing(JAVA_CPP, folder.resolve("javacpp"));
    }
    if (found.isPresent() && !found.orElseThrow().equals(temporary)) {
      setIfMissing(SNAPPY, folder);
      setIfMissing(ZSTD, folder);
    }
  }

  /**
   * The folder.
   *
   * @throws NativeLibraryException if there is no folder to write to
   */
  public static Path path() {
    prepare();
    return Path.of(System.getProperty(FOLDER));
  }

  private static Optional<Path> firstThatRuns(Path temporary, Path home) {
    return Stream.of(
            temporary,
            home.resolve(".cache"),
            Path.of("/tmp"),
            Path.of("/var/tmp"),
            Path.of("/dev/shm"),
            Path.of("").toAbsolutePath())
        .filter(Path::isAbsolute)
        .filter(NativeFolder::runsCode)
        .findFirst();
  }

  private static void setIfMissing(String property, Path folder) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, folder.toString());
    }
  }

  /** Whether a file can be made in a folder and be run. */
  static boolean runsCode(Path folder) {
    try {
      Path trial = Files.createTempFile(folder, "coppice-", ".tmp", AS_PRIVATE);
      try {
        return Files.isExecutable(trial);
      } finally {
        Files.delete(trial);
      }
    } catch (UnsupportedOperationException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** A folder that only this user can write to, for code that is going to run. */
  static Path unpackFolder(Path parent) {
    try {
      Path folder = parent.resolve("coppice-native-" + user(parent));
      try {
        Files.createDirectory(folder, AS_PRIVATE);
      } catch (FileAlreadyExistsException e) {
        if (!isPrivate(folder, parent)) {
          return Files.createTempDirectory(parent, "coppice-native-");
        }
      }
      return folder;
    } catch (UnsupportedOperationException e) {
      return parent;
    } catch (IOException e) {
      throw new NativeLibraryException(
          "Native libraries cannot be unpacked to %s; %s".formatted(parent, REMEDY), e);
    }
  }

  /** The user's name or, where the machine knows none, as in containers, their number. */
  private static String user(Path parent) throws IOException {
    String name = System.getProperty("user.name");
    if (!name.equals("?")) {
      return name;
    }
    Path own = Files.createTempFile(parent, "coppice-", ".tmp");
    try {
      return String.valueOf(Files.getAttribute(own, "unix:uid"));
    } finally {
      Files.delete(own);
    }
  }

  private static boolean isPrivate(Path folder, Path parent) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Path own = Files.createTempFile(parent, "coppice-", ".tmp");
    try {
      EnumSet<PosixFilePermission> foreign = EnumSet.copyOf(attributes.permissions());
      foreign.removeAll(PRIVATE);
      return attributes.isDirectory()
          && foreign.isEmpty()
          && attributes.owner().equals(Files.getOwner(own));
    } finally {
      Files.delete(own);
    }
  }
}
