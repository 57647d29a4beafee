package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LlamaBlockTest {
  // float32 on both sides, sums of at most 20 terms: a few units in the last of seven digits.
  private static final float TOLERANCE = 2e-5f;

  private final JsonNode golden = golden();
  private final LanguageModel model = ModelFamilies.parse(golden.required("config"));
  private final int sequenceLength = golden.required("sequenceLength").intValue();

  @Test
  void forwardAndBackwardAgreeWithPyTorch() {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights("weights", arena);
      BlockWeights gradients = BlockWeights.allocate(model.blockWeights(), arena);
      Tensor input = tensor(golden.required("input"), arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      Tensor gradient = tensor(golden.required("outputGradient"), arena);
      DecoderBlock block = block(arena, input.rows() + 5);

      block.forward(weights, input, sequenceLength, output, DecoderBlock.UNOBSERVED);
      block.backward(weights, input, sequenceLength, gradient, gradients, false, true);

      assertClose("output", output, golden.required("output"));
      assertClose("input", gradient, golden.required("inputGradient"));
      for (WeightShape shape : model.blockWeights()) {
        assertClose(
            shape.name(),
            gradients.tensor(shape.name()),
            golden.required("gradients").required(shape.name()));
      }
    }
  }

  @Test
  void gradientsAccumulateWindowByWindow() {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights("weights", arena);
      BlockWeights gradients = BlockWeights.allocate(model.blockWeights(), arena);
      Tensor input = tensor(golden.required("input"), arena);
      Tensor output = arena.tensor(sequenceLength, input.columns());
      Tensor gradient = tensor(golden.required("outputGradient"), arena);
      DecoderBlock block = block(arena, sequenceLength);

      for (int first = 0; first < input.rows(); first += sequenceLength) {
        Tensor window = input.rows(first, sequenceLength);
        block.forward(weights, window, sequenceLength, output, DecoderBlock.UNOBSERVED);
        block.backward(
            weights,
            window,
            sequenceLength,
            gradient.rows(first, sequenceLength),
            gradients,
            first > 0,
            false);
      }

      for (WeightShape shape : model.blockWeights()) {
        assertClose(
            shape.name(),
            gradients.tensor(shape.name()),
            golden.required("gradients").required(shape.name()));
      }
    }
  }

  @Test
  void gradientsAgreeWithFiniteDifferences() {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights("weights", arena);
      BlockWeights gradients = BlockWeights.allocate(model.blockWeights(), arena);
      Tensor input = tensor(golden.required("input"), arena);
      Tensor direction = tensor(golden.required("outputGradient"), arena);
      Tensor gradient = tensor(golden.required("outputGradient"), arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      DecoderBlock block = block(arena, input.rows());
      block.forward(weights, input, sequenceLength, output, DecoderBlock.UNOBSERVED);
      block.backward(weights, input, sequenceLength, gradient, gradients, false, true);

      List<Tensor> variables = new ArrayList<>(List.of(input));
      List<Tensor> derivatives = new ArrayList<>(List.of(gradient));
      for (WeightShape shape : model.blockWeights()) {
        variables.add(weights.tensor(shape.name()));
        derivatives.add(gradients.tensor(shape.name()));
      }
      Random random = new Random(3);
      for (int v = 0; v < variables.size(); v++) {
        Tensor variable = variables.get(v);
        for (int trial = 0; trial < 10; trial++) {
          int i = random.nextInt(variable.rows());
          int j = random.nextInt(variable.columns());
          float value = variable.get(i, j);
          // Small enough for the cubic term, large enough for float32's rounding of the outputs.
          float step = 1e-2f;
          variable.set(i, j, value + step);
          double up = product(block, weights, input, output, direction);
          variable.set(i, j, value - step);
          double down = product(block, weights, input, output, direction);
          variable.set(i, j, value);
          double expected = (up - down) / (2 * step);
          assertThat((double) derivatives.get(v).get(i, j))
              .as("variable %d at %d, %d", v, i, j)
              .isCloseTo(expected, within(5e-3 * (1 + Math.abs(expected))));
        }
      }
    }
  }

  @Test
  void everyLinearLayerIsAnnouncedWithTheWidthOfItsInput() {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights weights = weights("weights", arena);
      Tensor input = tensor(golden.required("input"), arena);
      Tensor output = arena.tensor(input.rows(), input.columns());
      List<String> observed = new ArrayList<>();
      block(arena, input.rows())
          .forward(
              weights,
              input,
              sequenceLength,
              output,
              (name, activations) -> observed.add(name + ":" + activations.columns()));

      List<String> expected =
          model.blockWeights().stream()
              .filter(WeightShape::isPrunable)
              .map(shape -> shape.input() + ":" + shape.columns())
              .distinct()
              .toList();
      assertThat(observed).containsExactlyElementsOf(expected);
    }
  }

  private double product(
      DecoderBlock block, BlockWeights weights, Tensor input, Tensor output, Tensor direction) {
    block.forward(weights, input, sequenceLength, output, DecoderBlock.UNOBSERVED);
    double sum = 0;
    float[] values = output.toArray();
    float[] factors = direction.toArray();
    for (int i = 0; i < values.length; i++) {
      sum += (double) values[i] * factors[i];
    }
    return sum;
  }

  private DecoderBlock block(Arena arena, int tokens) {
    return model.newBlock(BlasProvider.blas(), arena, tokens, sequenceLength, true);
  }

  private BlockWeights weights(String name, Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      weights
          .tensor(shape.name())
          .copyFrom(tensor(golden.required(name).required(shape.name()), arena));
    }
    return weights;
  }

  private static void assertClose(String name, Tensor actual, JsonNode expected) {
    float[] got = actual.toArray();
    JsonNode want = expected.required("values");
    assertThat(got.length).as(name).isEqualTo(want.size());
    for (int i = 0; i < got.length; i++) {
      float value = want.get(i).floatValue();
      assertThat(got[i])
          .as("%s at %d", name, i)
          .isCloseTo(value, within(TOLERANCE * (1 + Math.abs(value))));
    }
  }

  private static Tensor tensor(JsonNode node, Arena arena) {
    JsonNode shape = node.required("shape");
    Tensor tensor = arena.tensor(shape.get(0).intValue(), shape.get(1).intValue());
    float[] values = new float[node.required("values").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.required("values").get(i).floatValue();
    }
    tensor.fill(values);
    return tensor;
  }

  private static JsonNode golden() {
    try (InputStream in = LlamaBlockTest.class.getResourceAsStream("/model/golden.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
