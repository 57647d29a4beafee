package io.coppice.job.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What lies in folders. */
final class Folders {
  private Folders() {}

  /**
   * Relative path to SHA-256 of everything in a folder, the checksums of Hadoop's local file system
   * excepted; sub-folders have an empty one.
   */
  static Map<String, String> contents(Path folder) {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(path -> !path.equals(folder)).toList()) {
        if (!path.getFileName().toString().endsWith(".crc")) {
          contents.put(
              folder.relativize(path).toString(), Files.isDirectory(path) ? "" : sha256(path));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return contents;
  }

  /** Contents without the run's own record, which tells times. */
  static Map<String, String> checkpoint(Path folder) {
    Map<String, String> contents = contents(folder);
    contents.keySet().removeIf(name -> name.equals("coppice") || name.startsWith("coppice/"));
    return contents;
  }

  /** Copies a folder's files. */
  static Path copy(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      Files.createDirectories(to);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
