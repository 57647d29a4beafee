package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Training of small random blocks, half of whose weights are 0, by other losses than the error. */
class LossTrainingTest {
  private static final int LENGTH = RandomBlock.LENGTH;
  private static final int BATCH = RandomBlock.BATCH;
  private static final int EPOCHS = 5;

  private RandomBlock block;
  private LanguageModel model;
  private Arena arena;
  private BlockFactory factory;
  private double weightOfSomeDirections = 2;

  @BeforeEach
  void makeDenseBlock() {
    block = new RandomBlock();
    model = block.model;
    arena = block.arena;
    factory = block.factory(Precision.FLOAT32);
  }

  @AfterEach
  void free() {
    block.close();
  }

  /** Training lowers what is asked for, on text that was trained on and on other. */
  @Test
  void trainingLowersTheDivergenceMoreThanByTheErrorAlone() {
    List<EpochErrors> towards = train(pruned(1), towards(0, 1), settings(Selection.LAST));
    List<EpochErrors> both = train(pruned(1), towards(3, 1), settings(Selection.LAST));
    List<EpochErrors> error =
        train(pruned(1), new LossKind.SquaredError(), settings(Selection.LAST));

    EpochErrors.Losses begin = towards.get(0).losses();
    EpochErrors.Losses end = towards.get(EPOCHS).losses();
    assertThat(end.klCalibration()).isLessThan(0.7 * begin.klCalibration());
    assertThat(end.klHeldOut()).isLessThan(0.95 * begin.klHeldOut());
    assertThat(end.heldOut()).isEqualTo(end.klHeldOut());
    assertThat(error.get(EPOCHS).heldOut()).isLessThan(both.get(EPOCHS).heldOut());
    assertThat(both.get(EPOCHS).heldOut()).isLessThan(towards.get(EPOCHS).heldOut());
    assertThat(end.klHeldOut()).isLessThan(both.get(EPOCHS).losses().klHeldOut());
    assertThat(error).allSatisfy(epoch -> assertThat(epoch.losses().known()).isFalse());
  }

  /** The loss is the divergence and so many times the relative error. */
  @Test
  void theLossIsBothTogether() {
    List<EpochErrors> epochs = train(pruned(1), towards(2, 0.5), settings(Selection.LAST));
    double energy = energy();
    for (EpochErrors epoch : epochs) {
      EpochErrors.Losses losses = epoch.losses();
      assertThat(losses.calibration())
          .isCloseTo(
              losses.klCalibration() + 2 * epoch.calibration() / energy,
              within(1e-6 * losses.calibration()));
      assertThat(losses.heldOut())
          .isCloseTo(
              losses.klHeldOut() + 2 * epoch.heldOut() / energy, within(1e-6 * losses.heldOut()));
      assertThat(epoch.trainedHeldOut()).isEqualTo(losses.heldOut());
    }
  }

  /** The mean square of the targets that are trained on. */
  private double energy() {
    Tensor target = factory.activations(1, arena);
    double sum = 0;
    for (int window = 0; window < 20; window++) {
      block.target(factory, 1).read(window, target);
      for (float value : target.toArray()) {
        sum += value * value / (20.0 * target.size());
      }
    }
    return sum;
  }

  @Test
  void theEpochOfTheLowestLossIsKept() {
    LossKind towards = towards(0, 1);
    Student student = pruned(1);
    TrainingSettings wild = new TrainingSettings(8, 0.03, BATCH, Selection.HELD_OUT, 1);
    List<EpochErrors> history = train(student, towards, wild);
    double lowest = history.stream().mapToDouble(EpochErrors::trainedHeldOut).min().orElseThrow();
    TrainingSettings none = new TrainingSettings(1, 1e-30, BATCH, Selection.LAST, 1);
    assertThat(train(student, towards, none).get(0).losses().heldOut()).isEqualTo(lowest);
  }

  static Stream<Arguments> losses() {
    return Stream.of(
        arguments(1, Precision.FLOAT32, towards(3, 1)),
        arguments(2, Precision.FLOAT32, towards(3, 0.25)),
        arguments(1, Precision.BF16, towards(3, 1)),
        arguments(1, Precision.FLOAT32, new LossKind.Metric()),
        arguments(2, Precision.BF16, new LossKind.Metric()));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void anInterruptedTrainingGoesOnToTheSameBits(int blocks, Precision precision, LossKind loss) {
    factory = block.factory(precision);
    Student expected = pruned(blocks);
    List<EpochErrors> errors = train(expected, loss, settings(Selection.HELD_OUT));
    for (int epoch = 1; epoch < EPOCHS; epoch += 2) {
      MemorySnapshots snapshots = new MemorySnapshots(epoch);
      Student begun = pruned(blocks);
      assertThatThrownBy(() -> train(begun, loss, settings(Selection.HELD_OUT), snapshots))
          .hasMessage("interrupted");
      Student resumed = pruned(blocks);
      assertThat(train(resumed, loss, settings(Selection.HELD_OUT), snapshots)).isEqualTo(errors);
      assertThat(values(resumed)).as("after epoch %d", epoch).isEqualTo(values(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("losses")
  void threadsDoNotShow(int blocks, Precision precision, LossKind loss) {
    factory = block.factory(precision);
    Student alone = pruned(blocks);
    train(alone, loss, settings(Selection.LAST));
    try (KernelPool pool = new KernelPool(3)) {
      factory = new BlockFactory(model, BlasProvider.blas().on(pool), LENGTH, precision);
      Student together = pruned(blocks);
      train(together, loss, settings(Selection.LAST));
      assertThat(values(together)).isEqualTo(values(alone));
    }
  }

  @Test
  void divergenceOfTheTrainingIsToldByTheLoss() {
    TrainingSettings settings = new TrainingSettings(3, 1e4, BATCH, Selection.LAST, 1);
    assertThatThrownBy(() -> train(pruned(1), towards(3, 1), settings))
        .isInstanceOf(DivergedException.class)
        .hasMessageStartingWith("Training diverged: the error was ");
  }

  /** Beside it there is the error, which is not what is lowered. */
  @Test
  void trainingLowersTheErrorInTheMetric() {
    Student byError = pruned(1);
    List<EpochErrors> weighed = train(pruned(1), new LossKind.Metric(), settings(Selection.LAST));
    List<EpochErrors> error = train(byError, new LossKind.SquaredError(), settings(Selection.LAST));
    EpochErrors.Losses begin = weighed.get(0).losses();
    EpochErrors.Losses end = weighed.get(EPOCHS).losses();
    TrainingSettings none = new TrainingSettings(1, 1e-30, BATCH, Selection.LAST, 1);
    EpochErrors.Losses other = train(byError, new LossKind.Metric(), none).get(0).losses();
    assertThat(end.calibration()).isLessThan(0.9 * begin.calibration());
    assertThat(end.calibration()).isLessThan(other.calibration());
    assertThat(end.heldOut()).isLessThan(0.95 * begin.heldOut());
    assertThat(end.klHeldOut()).isNaN();
    assertThat(weighed.get(0).heldOut()).isEqualTo(error.get(0).heldOut());
    assertThat(weighed.get(EPOCHS).heldOut()).isGreaterThan(error.get(EPOCHS).heldOut());
    assertThat(weighed.get(EPOCHS).trainedHeldOut()).isEqualTo(end.heldOut());
  }

  /** With the identity as its metric, training is by the error, with the same bits. */
  @Test
  void theIdentityChangesNothing() {
    weightOfSomeDirections = 0;
    Student plain = pruned(1);
    List<EpochErrors> errors =
        train(plain, new LossKind.SquaredError(), settings(Selection.HELD_OUT));
    Student weighed = pruned(1);
    List<EpochErrors> losses = train(weighed, new LossKind.Metric(), settings(Selection.HELD_OUT));
    assertThat(values(weighed)).isEqualTo(values(plain));
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
      double error = errors.get(epoch).heldOut();
      assertThat(losses.get(epoch).losses().heldOut()).isCloseTo(error, within(1e-6 * error));
    }
  }

  private List<EpochErrors> train(Student student, LossKind towards, TrainingSettings settings) {
    return train(student, towards, settings, TrainingSnapshots.none());
  }

  private List<EpochErrors> train(
      Student student, LossKind towards, TrainingSettings settings, TrainingSnapshots snapshots) {
    int blocks = student.weights().size();
    BlockTrainer trainer = new BlockTrainer(factory, blocks, BATCH, towards, arena);
    trainer
        .distribution()
        .ifPresent(
            distribution ->
                distribution.read(
                    (name, tensor) ->
                        RandomBlock.fill(
                            tensor, new Random(9), 0.5f, name.contains("norm") ? 1 : 0)));
    trainer.metric().ifPresent(metric -> metric.read(this::metric));
    return trainer.train(student, block.set(factory, blocks), settings, snapshots, errors -> {});
  }

  /** The identity, and more of a few directions. */
  private void metric(Tensor matrix) {
    Random random = new Random(3);
    int width = matrix.columns();
    matrix.zero();
    for (int direction = 0; direction < 3; direction++) {
      double[] axis = random.doubles(width, -1, 1).toArray();
      for (int i = 0; i < width; i++) {
        for (int j = 0; j < width; j++) {
          double more = weightOfSomeDirections * axis[i] * axis[j];
          matrix.set(i, j, (float) (matrix.get(i, j) + more));
        }
      }
    }
    for (int i = 0; i < width; i++) {
      matrix.set(i, i, matrix.get(i, i) + 1);
    }
  }

  private static LossKind towards(double errorWeight, double share) {
    return new LossKind.Distributions(new DistributionSettings(errorWeight, share));
  }

  private static TrainingSettings settings(Selection selection) {
    return new TrainingSettings(EPOCHS, 5e-3, BATCH, selection, 1);
  }

  private Student pruned(int blocks) {
    List<BlockWeights> weights = new ArrayList<>();
    for (int made = 0; made < blocks; made++) {
      BlockWeights copy = block.copy(factory);
      for (WeightShape shape : model.blockWeights()) {
        for (int i = 0; shape.isPrunable() && i < shape.rows(); i++) {
          for (int j = i % 2; j < shape.columns(); j += 2) {
            copy.tensor(shape.name()).set(i, j, 0);
          }
        }
      }
      weights.add(copy);
    }
    return Student.pruned(weights);
  }

  private List<String> values(Student student) {
    return student.weights().stream()
        .flatMap(
            weights ->
                model.blockWeights().stream()
                    .map(shape -> Arrays.toString(weights.tensor(shape.name()).toArray())))
        .toList();
  }
}
