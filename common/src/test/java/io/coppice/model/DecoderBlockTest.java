package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares every family's block with PyTorch, and with finite differences of itself. */
class DecoderBlockTest {
  // Small enough for the cubic term, large enough for float32's rounding of the outputs.
  private static final float STEP = 1e-2f;

  static Stream<BlockGolden> goldens() {
    return Stream.of(
            "llama",
            "llama3-rope",
            "linear-rope",
            "mistral",
            "qwen2",
            "qwen3",
            "opt",
            "opt-norm-after")
        .map(BlockGolden::load);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void forwardAndBackwardAgreeWithPyTorch(BlockGolden golden) {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = golden.weights(arena);
      BlockWeights gradients = BlockWeights.allocate(golden.model().blockWeights(), arena);
      Tensor input = golden.tensor("input", arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      Tensor gradient = golden.tensor("outputGradient", arena);
      DecoderBlock block = golden.block(arena, input.rows() + 5);
      int length = golden.sequenceLength();

      block.forward(weights, input, length, output, DecoderBlock.UNOBSERVED);
      block.backward(weights, input, length, gradient, WeightGradients.overwriting(gradients));

      golden.requireClose("output", output);
      golden.requireClose("inputGradient", gradient);
      golden.requireCloseGradients(gradients);
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void gradientsAccumulateWindowByWindow(BlockGolden golden) {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = golden.weights(arena);
      BlockWeights gradients = BlockWeights.allocate(golden.model().blockWeights(), arena);
      Tensor input = golden.tensor("input", arena);
      int length = golden.sequenceLength();
      Tensor output = arena.tensor(length, input.columns());
      Tensor gradient = golden.tensor("outputGradient", arena);
      DecoderBlock block = golden.block(arena, length);

      for (int first = 0; first < input.rows(); first += length) {
        Tensor window = input.rows(first, length);
        block.forward(weights, window, length, output, DecoderBlock.UNOBSERVED);
        block.backwardWeights(
            weights,
            window,
            length,
            gradient.rows(first, length),
            new WeightGradients(gradients, first > 0));
      }

      golden.requireCloseGradients(gradients);
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void gradientsAgreeWithFiniteDifferences(BlockGolden golden) {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = golden.weights(arena);
      BlockWeights gradients = BlockWeights.allocate(golden.model().blockWeights(), arena);
      Tensor input = golden.tensor("input", arena);
      Tensor direction = golden.tensor("outputGradient", arena);
      Tensor gradient = golden.tensor("outputGradient", arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      DecoderBlock block = golden.block(arena, input.rows());
      int length = golden.sequenceLength();
      block.forward(weights, input, length, output, DecoderBlock.UNOBSERVED);
      block.backward(weights, input, length, gradient, WeightGradients.overwriting(gradients));

      List<Tensor> variables = new ArrayList<>(List.of(input));
      List<Tensor> derivatives = new ArrayList<>(List.of(gradient));
      for (WeightShape shape : golden.model().blockWeights()) {
        variables.add(weights.tensor(shape.name()));
        derivatives.add(gradients.tensor(shape.name()));
      }
      Loss loss =
          () -> {
            block.forward(weights, input, length, output, DecoderBlock.UNOBSERVED);
            return product(output, direction);
          };
      Random random = new Random(3);
      for (int v = 0; v < variables.size(); v++) {
        Tensor variable = variables.get(v);
        for (int trial = 0; trial < 10; trial++) {
          int i = random.nextInt(variable.rows());
          int j = random.nextInt(variable.columns());
          double expected = slope(loss, variable, i, j);
          assertThat((double) derivatives.get(v).get(i, j))
              .as("variable %d at %d, %d", v, i, j)
              .isCloseTo(expected, within(5e-3 * (1 + Math.abs(expected))));
        }
      }
    }
  }

  /** The scalar whose gradients are checked. */
  @FunctionalInterface
  private interface Loss {
    double value();
  }

  private static double slope(Loss loss, Tensor variable, int i, int j) {
    float value = variable.get(i, j);
    variable.set(i, j, value + STEP);
    double up = loss.value();
    variable.set(i, j, value - STEP);
    double down = loss.value();
    variable.set(i, j, value);
    return (up - down) / (2 * STEP);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void everyLinearLayerIsAnnouncedWithTheWidthOfItsInput(BlockGolden golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor input = golden.tensor("input", arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      List<String> observed = new ArrayList<>();
      golden
          .block(arena, input.rows())
          .forward(
              golden.weights(arena),
              input,
              golden.sequenceLength(),
              output,
              (name, activations) -> observed.add(name + ":" + activations.columns()));

      List<String> expected =
          golden.model().blockWeights().stream()
              .filter(WeightShape::isPrunable)
              .map(shape -> shape.input() + ":" + shape.columns())
              .distinct()
              .toList();
      assertThat(observed).containsExactlyElementsOf(expected);
    }
  }

  private static double product(Tensor output, Tensor direction) {
    double sum = 0;
    float[] values = output.toArray();
    float[] factors = direction.toArray();
    for (int i = 0; i < values.length; i++) {
      sum += (double) values[i] * factors[i];
    }
    return sum;
  }
}
