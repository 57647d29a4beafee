package io.coppice.tensor;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;

/** Where JavaCPP unpacked the libraries. */
final class Natives {
  private Natives() {}

  /**
   * A library that lies beside its bindings.
   *
   * @throws UnsatisfiedLinkError if the bindings are not where they were said to be
   */
  static Path beside(String bindings, String library) {
    try {
      return Paths.get(bindings).toRealPath().resolveSibling(library);
    } catch (IOException e) {
      throw new UnsatisfiedLinkError("Cannot find the unpacked " + library + ": " + e.getMessage());
    }
  }
}
