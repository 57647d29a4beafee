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
import java.io.UncheckedIOException;

/** One block of a model, forward and backward, as make_golden.py computed it with PyTorch. */
record BlockGolden(String name, JsonNode values, LanguageModel model, int sequenceLength) {
  // float32 on both sides, sums of at most 20 terms: a few units in the last of seven digits.
  private static final float TOLERANCE = 2e-5f;

  static BlockGolden load(String name) {
    try (InputStream in = BlockGolden.class.getResourceAsStream("/model/" + name + ".json")) {
      JsonNode values = new ObjectMapper().readTree(in);
      return new BlockGolden(
          name,
          values,
          ModelFamilies.parse(values.required("config")),
          values.required("sequenceLength").intValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Tensor tensor(String what, Arena arena) {
    return tensor(values.required(what), arena);
  }

  BlockWeights weights(Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      JsonNode weight = values.required("weights").required(shape.name());
      weights.tensor(shape.name()).copyFrom(tensor(weight, arena));
    }
    return weights;
  }

  DecoderBlock block(Arena arena, int tokens) {
    return model.newBlock(
        BlockWorkspace.forTraining(BlasProvider.blas(), arena, tokens, sequenceLength));
  }

  void requireClose(String what, Tensor actual) {
    assertClose(what, actual, values.required(what));
  }

  void requireCloseGradients(BlockWeights gradients) {
    for (WeightShape shape : model.blockWeights()) {
      JsonNode expected = values.required("gradients").required(shape.name());
      assertClose(shape.name(), gradients.tensor(shape.name()), expected);
    }
  }

  private static void assertClose(String what, Tensor actual, JsonNode expected) {
    float[] got = actual.toArray();
    JsonNode want = expected.required("values");
    assertThat(got.length).as(what).isEqualTo(want.size());
    for (int i = 0; i < got.length; i++) {
      float value = want.get(i).floatValue();
      assertThat(got[i])
          .as("%s at %d", what, i)
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

  @Override
  public String toString() {
    return name;
  }
}
