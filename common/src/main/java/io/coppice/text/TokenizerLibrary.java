package io.coppice.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Loads the native tokenizers library out of the jar, never from the network, into a folder of this
 * user under the machine's temporary folder.
 *
 * <p>The bindings are called at their lowest level: the level above fetches the tokens, spans and
 * masks of every text too, which is most of the time, and reports each use to its maker.
 */
final class TokenizerLibrary {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  private TokenizerLibrary() {}

  /**
   * @throws IllegalStateException if the jar has no library for this platform
   */
  static TokenizersLibrary load() {
    return Loaded.LIBRARY;
  }

  /** Loads once in a process, at the first use. */
  private static final class Loaded {
    static final TokenizersLibrary LIBRARY = loadOnce();
  }

  private static TokenizersLibrary loadOnce() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    if (System.getProperty("ENGINE_CACHE_DIR") == null) {
      System.setProperty("ENGINE_CACHE_DIR", unpackFolder().toString());
    }
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException | LinkageError e) {
      throw new IllegalStateException(
          "The tokenizers library did not load on this machine (%s %s): %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch"), e),
          e);
    }
    return TokenizersLibrary.LIB;
  }

  /** A folder that only this user can write to, for code that is going to run. */
  private static Path unpackFolder() {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    Path folder = parent.resolve("coppice-native-" + System.getProperty("user.name"));
    try {
      try {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
      } catch (FileAlreadyExistsException e) {
        if (!isPrivate(folder, parent)) {
          return Files.createTempDirectory("coppice-native-");
        }
      }
      return folder;
    } catch (UnsupportedOperationException e) {
      return parent;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create %s: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static boolean isPrivate(Path folder, Path parent) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Path probe = Files.createTempFile(parent, "coppice-", ".tmp");
    try {
      EnumSet<PosixFilePermission> foreign = EnumSet.copyOf(attributes.permissions());
      foreign.removeAll(PRIVATE);
      return attributes.isDirectory()
          && foreign.isEmpty()
          && attributes.owner().equals(Files.getOwner(probe));
    } finally {
      Files.delete(probe);
    }
  }
}
