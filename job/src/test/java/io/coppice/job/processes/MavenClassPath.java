package io.coppice.job.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Jars of programs that are no dependencies of Coppice, resolved by Maven from the small projects
 * in {@code src/test/runtimes}. What cannot be resolved fails the test, with Maven's own message.
 */
final class MavenClassPath {
  private static final Path PROJECTS = Path.of("src/test/runtimes").toAbsolutePath();

  /** Kept from one run of the tests to the next. */
  private static final Path RESOLVED = Path.of("target/runtimes").toAbsolutePath();

  private MavenClassPath() {}

  /**
   * The file that lists a project's jars, between colons.
   *
   * @param name of the list's own folder
   * @param project a file in {@code src/test/runtimes}
   * @param options for Maven
   */
  static Path list(String name, String project, String... options) {
    Path pom = PROJECTS.resolve(project);
    Path list = RESOLVED.resolve(name).resolve("jars.txt");
    if (!isCurrent(list, pom)) {
      resolve(list, pom, options);
    }
    return list;
  }

  /** The jars on a list. */
  static List<Path> jars(Path list) {
    try {
      return Stream.of(Files.readString(list).strip().split(":")).map(Path::of).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isCurrent(Path list, Path pom) {
    try {
      return Files.exists(list)
          && Files.getLastModifiedTime(list).compareTo(Files.getLastModifiedTime(pom)) > 0
          && jars(list).stream().allMatch(Files::exists);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks the registry only if the local repository lacks something. */
  private static void resolve(Path list, Path pom, String... options) {
    try {
      Files.createDirectories(list.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path log = list.resolveSibling("maven.log");
    try (ChildProcess offline = maven(list, pom, log, with(options, "-o"))) {
      if (offline.exitCode() == 0) {
        return;
      }
    }
    try (ChildProcess online = maven(list, pom, log, options)) {
      int exitCode = online.exitCode();
      assertThat(exitCode)
          .as("%s could not be resolved, so nothing was tested on it:%n%s", pom, online.log())
          .isZero();
    }
  }

  private static String[] with(String[] options, String more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  private static ChildProcess maven(Path list, Path pom, Path log, String... options) {
    List<String> command =
        new ArrayList<>(List.of("mvn", "-q", "-B", "-ntp", "-f", pom.toString()));
    String repository = System.getProperty("localRepository", "");
    if (!repository.isEmpty()) {
      command.add("-Dmaven.repo.local=" + repository);
    }
    command.addAll(List.of(options));
    command.addAll(List.of("-Dmdep.outputFile=" + list, "dependency:build-classpath"));
    return ChildProcess.start(log, Map.of(), command);
  }
}
