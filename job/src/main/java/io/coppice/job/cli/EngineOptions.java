package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** How the arithmetic is done. */
@Topic.Of(Topic.RUNNING)
final class EngineOptions {
  @Option(
      names = "--require-native",
      description =
          "Fail where native BLAS does not load, rather than compute in pure Java, some 20 times"
              + " slower.")
  private boolean requireNative;

  boolean requireNative() {
    return requireNative;
  }
}
