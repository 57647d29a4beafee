package io.coppice.job.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads the contents of folders. */
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

  /** Contents without the run's own record, which holds times. */
  static Map<String, String> checkpoint(Path folder) {
    Map<String, String> contents = contents(folder);
    contents.keySet().removeIf(name -> name.equals("coppice") || name.startsWith("coppice/"));
    return contents;
  }

  /**
   * A checkpoint without its model card, which tells of the options and of the dense model's name.
   */
  static Map<String, String> withoutCard(Map<String, String> checkpoint) {
    Map<String, String> others = new TreeMap<>(checkpoint);
    others.remove("README.md");
    return others;
  }

  /** A run's own record without what may differ: times, and whether the work folder was kept. */
  static String record(Path output) {
    try (Stream<Path> files = Files.list(output.resolve("coppice"))) {
      StringBuilder record = new StringBuilder();
      for (Path file : files.filter(Folders::isTimeless).sorted().toList()) {
        record.append(file.getFileName()).append('\n').append(Files.readString(file));
      }
      return record
          .toString()
          .replaceAll("\"seconds(_waiting)?\" ?: ?[0-9.E-]+", "")
          .replaceAll("\"keep-work\" : \\w+", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isTimeless(Path file) {
    return !Set.of("timeline.json", "report.html").contains(file.getFileName().toString());
  }

  /** The place of finished files in a run's work folder. */
  static Path finished(Path work) {
    try (Stream<Path> children = Files.list(work)) {
      return children
          .filter(child -> child.getFileName().toString().startsWith("run-"))
          .findFirst()
          .orElse(work.resolve("run-none"));
    } catch (IOException e) {
      return work.resolve("run-none");
    }
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
