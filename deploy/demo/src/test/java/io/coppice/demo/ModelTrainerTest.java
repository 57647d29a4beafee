package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.LlamaModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ModelTrainerTest {
  private static final int LENGTH = 8;

  private final LlamaModel model = model();

  @Test
  void gradientsOfTheWholeModelAgreeWithFiniteDifferences() {
    try (Arena arena = Arena.unbounded("test")) {
      Random random = new Random(2);
      ModelWeights weights = ModelWeights.allocate(model, arena);
      weights.initialise(model, random);
      // The initial weights are so small that differences would drown in float32's rounding.
      weights.tensors(model).forEach(ModelTrainerTest::enlarge);
      int[] ids = random.ints(2 * LENGTH, 0, model.vocabularySize()).toArray();
      int[] targets = random.ints(2 * LENGTH, 0, model.vocabularySize()).toArray();
      targets[3] = -1;
      ModelGradient gradient = new ModelGradient(model, BlasProvider.blas(), arena, 2, LENGTH);
      double loss = gradient.lossAndGradient(weights, ids, targets, 1);
      assertThat(gradient.loss(weights, ids, targets)).isEqualTo(loss);

      List<Tensor> variables = weights.tensors(model);
      List<Tensor> derivatives = gradient.gradients().tensors(model);
      for (int v = 0; v < variables.size(); v++) {
        Tensor variable = variables.get(v);
        for (int trial = 0; trial < 6; trial++) {
          int i = random.nextInt(variable.rows());
          int j = random.nextInt(variable.columns());
          float value = variable.get(i, j);
          float step = 1e-2f;
          variable.set(i, j, value + step);
          double up = gradient.loss(weights, ids, targets);
          variable.set(i, j, value - step);
          double down = gradient.loss(weights, ids, targets);
          variable.set(i, j, value);
          double expected = (up - down) / (2 * step);
          assertThat((double) derivatives.get(v).get(i, j))
              .as("tensor %d at %d, %d", v, i, j)
              .isCloseTo(expected, within(1e-2 * (1 + Math.abs(expected))));
        }
      }
    }
  }

  @Test
  void trainingLearnsARepeatedSentenceAndRepeatsItselfExactly() {
    int[] stream = new int[600];
    for (int i = 0; i < stream.length; i++) {
      stream[i] = 1 + i * i % 7;
    }
    List<Double> first = losses(stream);
    List<Double> second = losses(stream);
    assertThat(second).isEqualTo(first);
    assertThat(first.get(first.size() - 1)).isLessThan(0.5 * first.get(0));
  }

  private List<Double> losses(int[] stream) {
    List<Double> losses = new ArrayList<>();
    try (Arena arena = Arena.unbounded("test");
        ModelTrainer trainer =
            new ModelTrainer(model, arena, new ModelTrainer.Settings(LENGTH, 4, 6, 1e-2, 3))) {
      trainer.train(stream, (epoch, loss) -> losses.add(loss));
      losses.add(trainer.loss(stream));
    }
    return losses;
  }

  private static void enlarge(Tensor tensor) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        float value = tensor.get(i, j);
        tensor.set(i, j, value == 1 ? 1 : 10 * value);
      }
    }
  }

  private static LlamaModel model() {
    try {
      return LlamaModel.parse(
          new ObjectMapper()
              .readTree(
                  """
                  {"architectures": ["LlamaForCausalLM"], "hidden_size": 16,
                   "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
                   "num_key_value_heads": 2, "vocab_size": 12, "max_position_embeddings": 16,
                   "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": true}
                  """));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
