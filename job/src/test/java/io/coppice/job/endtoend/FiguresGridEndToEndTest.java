package io.coppice.job.endtoend;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The other methods and schedules, against independent figures. Takes minutes. */
@Tag("parity")
class FiguresGridEndToEndTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"wanda, 1.48, .072, .078", "magnitude, 1.62, .085, .091"})
  void otherMethods(
      String method, double perplexity, double calibrationError, double heldOutError) {
    measure("--method", method, "--reconstruct", "gp", "--epochs", "5")
        .requireAbout(new Figure(perplexity, calibrationError, heldOutError));
  }

  @Test
  void threeWavesAgreeWithTenSequentialEpochs() {
    Figure sequential = measure("--reconstruct", "gp", "--epochs", "10");
    Figure waves = Figure.measure(folder.resolve("waves"), "--reconstruct", "gp", "--epochs", "10");

    sequential.requireAbout(new Figure(1.47, .065, .071));
    waves.requirePerplexityWithin(2, sequential);
  }

  @Test
  void acrossBlocks() {
    // Ten epochs in each of a block's two rounds. The reference's errors are not known.
    Figure sequential = measure("--reconstruct", "cr", "--epochs", "10");
    sequential.requirePerplexityWithin(5, new Figure(1.373, Double.NaN, Double.NaN));
  }

  @Test
  void oneWaveOnDenseInputs() {
    Figure.measure(
            folder.resolve("sparse"),
            "--reconstruct",
            "gp",
            "--schedule",
            "parallel",
            "--epochs",
            "5")
        .requireAbout(new Figure(1.62, .094, .100));
  }

  private Figure measure(String... options) {
    return Figure.measure(
        folder.resolve("sparse"), Program.with(options, "--schedule", "sequential", "--overwrite"));
  }
}
