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
 * cases on either side of the threshold are that close; only then could a mask rightly differ. Only
 * SparseGPT changes the weights that it keeps; the other methods are compared by their masks.
 * Tolerances for SparseGPT's weights and error are below, with their reasons.
 */
class PyTorchParityTest {

  static List<GoldenCase> cases() throws IOException {
    return GoldenCase.load();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyMethodChoosesTheSameWeights(GoldenCase golden) {
    for (PruningMethod method : PruningMethod.values()) {
      try (Arena arena = Arena.unbounded("test")) {
        Layer layer = golden.layer(arena);
        Pruner pruner = method.pruner(BlasProvider.blas());
        Layer.Pruned pruned = layer.prune(pruner, golden.pattern(), arena);
        assertThat(pruned.mask())
            .as(method.toString())
            .isEqualTo(golden.masks().get(method.toString()));
        if (method != PruningMethod.SPARSEGPT) {
          assertThat(pruned.keepsWeightsOf(layer)).as(method.toString()).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sparseGptUpdatesWeightsAlike(GoldenCase golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Layer layer = golden.layer(arena);
      Pruner pruner = SparseGptPruner.withDefaults(BlasProvider.blas());
      Layer.Pruned pruned = layer.prune(pruner, golden.pattern(), arena);
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
