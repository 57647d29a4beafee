package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SparseGPT at every level on a real model, against independent figures. */
class FiguresEndToEndTest {
  @TempDir private Path folder;

  @Test
  void everyLevelIsWorthIt() {
    Figure layers = measure("lr");
    Figure blocks = measure("br");
    Figure global = measure("gp");

    layers.requireAbout(new Figure(4.29, .267, .277));
    blocks.requireAbout(new Figure(1.61, .093, .100));
    global.requireAbout(new Figure(1.57, .078, .085));
    assertThat(layers.perplexity()).isGreaterThanOrEqualTo(3.5);
    assertThat(blocks.perplexity()).isLessThanOrEqualTo(1.70);
    assertThat(global.perplexity()).isLessThanOrEqualTo(1.65).isLessThan(blocks.perplexity());
    assertThat(global.heldOutError()).isLessThan(blocks.heldOutError());
  }

  @Test
  void threeWavesDoWhatTheSequentialMethodDoes() {
    Figure waves = Figure.measure(folder.resolve("waves"), "--reconstruct", "gp", "--epochs", "10");

    waves.requireAbout(new Figure(1.456, .069, .074));
    assertThat(waves.perplexity()).isLessThanOrEqualTo(1.50);
  }

  @Test
  void theDefaultLevelComesNearerAtTheSameWork() {
    Figure best = Figure.measure(folder.resolve("best"), "--epochs", "10");

    best.requireAbout(new Figure(1.298, .0587, .0618));
    assertThat(best.perplexity()).isLessThanOrEqualTo(1.35);
  }

  private Figure measure(String level) {
    return Figure.measure(
        folder.resolve(level), "--reconstruct", level, "--schedule", "sequential", "--epochs", "5");
  }
}
