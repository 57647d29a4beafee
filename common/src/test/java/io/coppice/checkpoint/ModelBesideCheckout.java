package io.coppice.checkpoint;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Models that lie beside the checkout, in {@code ../shared/models} or where the system property
 * {@code coppice.shared} says; tests that want one are skipped where it is missing.
 */
public final class ModelBesideCheckout {

  private ModelBesideCheckout() {}

  /** The folder of a model. */
  public static Path folder(String name) {
    Path folder = root().resolve("models").resolve(name);
    assumeThat(folder).as("a model for this test").isDirectory();
    return folder;
  }

  private static Path root() {
    String given = System.getProperty("coppice.shared");
    if (given != null) {
      return Path.of(given);
    }
    Path here = Path.of("").toAbsolutePath();
    return ancestors(here)
        .map(parent -> parent.resolve("shared"))
        .filter(shared -> Files.isDirectory(shared.resolve("models")))
        .findFirst()
        .orElse(here.resolve("shared"));
  }

  private static Stream<Path> ancestors(Path start) {
    return Stream.iterate(start, path -> path != null, Path::getParent);
  }
}
