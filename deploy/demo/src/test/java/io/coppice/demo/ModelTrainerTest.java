package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.LlamaModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTrainerTest {
  private static final int LENGTH = 8;

  private final LlamaModel model = model();

  @TempDir private Path folder;

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
      MultipliedWeights multiplied = MultipliedWeights.of(weights, model, Precision.FLOAT32, arena);
      ModelGradient gradient = new ModelGradient(model, arena, 2, LENGTH, Precision.FLOAT32);
      double loss = gradient.lossAndGradient(multiplied, ids, targets, 1);
      assertThat(gradient.loss(multiplied, ids, targets)).isEqualTo(loss);

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
          double up = gradient.loss(multiplied, ids, targets);
          variable.set(i, j, value - step);
          double down = gradient.loss(multiplied, ids, targets);
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
    List<Double> first = losses(Precision.FLOAT32, "first");
    List<Double> second = losses(Precision.FLOAT32, "second");
    assertThat(second).isEqualTo(first).hasSize(7);
    assertThat(first.get(6)).isLessThan(0.5 * first.get(0));
  }

  @Test
  void trainingGoesOnFromASnapshotAsIfItHadNotEnded() {
    List<Double> whole = losses(Precision.BF16, "snapshot");
    // 108 steps, of which the snapshot has 100: only the last epoch is seen again.
    List<Double> end = losses(Precision.BF16, "snapshot");
    assertThat(whole).hasSize(7);
    assertThat(end).isEqualTo(whole.subList(5, 7));
  }

  @Test
  void productsInBfloat16LearnAsMuch() {
    double exact = losses(Precision.FLOAT32, "float32").get(6);
    double rounded = losses(Precision.BF16, "bf16").get(6);
    assertThat(rounded).isNotEqualTo(exact).isCloseTo(exact, within(0.1 * exact));
  }

  @Test
  void aSnapshotOfAnotherTrainingIsRefused() {
    losses(Precision.FLOAT32, "other");
    assertThatThrownBy(() -> losses(Precision.BF16, "other"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is of another training");
  }

  /** Of each epoch that is trained, and at the end. */
  private List<Double> losses(Precision precision, String snapshot) {
    int[] stream = new int[600];
    for (int i = 0; i < stream.length; i++) {
      stream[i] = 1 + i * i % 7;
    }
    List<Double> losses = new ArrayList<>();
    ModelTrainer.Settings settings = new ModelTrainer.Settings(LENGTH, 4, 6, 1e-2, 3, precision);
    try (Arena arena = Arena.unbounded("test");
        ModelTrainer trainer = new ModelTrainer(model, arena, settings)) {
      trainer.train(
          stream,
          new TrainerSnapshot(folder.resolve(snapshot), settings.toString()),
          (epoch, loss) -> losses.add(loss));
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
