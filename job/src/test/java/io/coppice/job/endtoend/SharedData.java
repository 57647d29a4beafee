package io.coppice.job.endtoend;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A trained model and text that lie beside the checkout, in {@code ../shared} or where the system
 * property {@code coppice.shared} says; tests that want them are skipped where they are missing.
 */
public final class SharedData {
  private SharedData() {}

  /** A trained LLaMA of 260 thousand weights: hidden 64, 5 blocks, grouped queries, tied head. */
  public static Path stories() {
    return existing("models/stories260K");
  }

  static Path calibrationText() {
    return existing("text/tinystories-calibration.jsonl");
  }

  static Path testText() {
    return existing("text/tinystories-test.jsonl");
  }

  /** A Parquet file that another program wrote. */
  static Path parquet(String name) {
    return existing("cases/" + name);
  }

  /** A script that makes small inputs of that model, as people publish them. */
  static Path cases() {
    stories();
    return existing("cases/make.py");
  }

  private static Path existing(String name) {
    Path path = root().resolve(name);
    assumeThat(path).as("data beside the checkout").exists();
    return path;
  }

  private static Path root() {
    String given = System.getProperty("coppice.shared");
    if (given != null) {
      return Path.of(given);
    }
    Path here = Path.of("").toAbsolutePath();
    return Stream.iterate(here, path -> path != null, Path::getParent)
        .map(parent -> parent.resolve("shared"))
        .filter(shared -> Files.isDirectory(shared.resolve("models")))
        .findFirst()
        .orElse(here.resolve("shared"));
  }
}
