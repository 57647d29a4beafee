package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Parity with PyTorch: whole layers pruned by each method, unstructured and N:M, compared with the
 * results of make_golden.py in float64.
 *
 * <p>Masks must be equal to the bit. Scores are float32, right to 1e-7, and no two scores of the
 * cases on either side of the threshold are that close; only then could a mask rightly differ.
 * Magnitude and Wanda do not change the weights that they keep, so only their masks are compared;
 * tolerances for SparseGPT's weights and error are below, with their reasons.
 */
class PyTorchParityTest {

  static List<GoldenCase> cases() throws IOException {
    return GoldenCase.load();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void magnitudeChoosesTheSameWeights(GoldenCase golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Layer layer = golden.layer(arena);
      Layer.Pruned pruned = layer.prune(new MagnitudePruner(), golden.pattern(), arena);
      assertThat(pruned.mask()).isEqualTo(golden.magnitude());
      assertThat(pruned.keepsWeightsOf(layer)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wandaChoosesTheSameWeights(GoldenCase golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Layer layer = golden.layer(arena);
      Layer.Pruned pruned = layer.prune(new WandaPruner(), golden.pattern(), arena);
      assertThat(pruned.mask()).isEqualTo(golden.wanda());
      assertThat(pruned.keepsWeightsOf(layer)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sparseGptChoosesTheSameWeightsAndUpdatesThemAlike(GoldenCase golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Layer layer = golden.layer(arena);
      Pruner pruner = SparseGptPruner.withDefaults(BlasProvider.blas());
      Layer.Pruned pruned = layer.prune(pruner, golden.pattern(), arena);
      assertThat(pruned.mask()).isEqualTo(golden.sparsegpt());
      assertThat(pruned.result().deadColumns()).isEqualTo(golden.dead().size());
      assertThat(pruned.result().damping()).isEqualTo(0.01);
      // A sum of squares of thousands of float32 values; each is accurate to some 1e-5, see below.
      assertThat(pruned.result().outputError().orElseThrow())
          .isCloseTo(golden.outputError(), withinPercentage(0.01));
      int index = 0;
      double worst = 0;
      for (float value : pruned.weight().toArray()) {
        if (value != 0) {
          worst = Math.max(worst, Math.abs(value - golden.keptWeights().get(index++)));
        }
      }
      // Weights are about 1; each is updated once per pruned column in float32 (unit 6e-8), with a
      // Hessian whose float32 products are amplified by its condition number of some hundreds.
      assertThat(worst).isCloseTo(0, within(2e-5));
    }
  }
}
