package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightGradients;
import io.coppice.model.WeightShape;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The bytes of training do not depend on threads, and little on the format of products. */
class ThreadsTest {
  private static final int LENGTH = 300;
  private static final int WINDOWS = 6;

  private final LanguageModel model = BlockTrainerTest.model(128, 300, 512);

  @ParameterizedTest
  @CsvSource({"2,FLOAT32", "3,FLOAT32", "7,FLOAT32", "2,BF16", "3,BF16", "7,BF16"})
  void trainedWeightsAreTheSameBytes(int threads, Precision precision) {
    try (Arena arena = Arena.unbounded("test");
        KernelPool pool = new KernelPool(threads)) {
      assertThat(trained(BlasProvider.blas().on(pool), precision, arena))
          .isEqualTo(trained(BlasProvider.blas(), precision, arena));
    }
  }

  @Test
  void trainingWithBf16ProductsEndsNearFloat32() {
    try (Arena arena = Arena.unbounded("test")) {
      List<EpochErrors> exact = new ArrayList<>();
      List<EpochErrors> rounded = new ArrayList<>();
      train(BlasProvider.blas(), Precision.FLOAT32, arena, exact);
      train(BlasProvider.blas(), Precision.BF16, arena, rounded);
      for (int epoch = 0; epoch < exact.size(); epoch++) {
        double ratio = rounded.get(epoch).heldOut() / exact.get(epoch).heldOut();
        assertThat(ratio).isBetween(0.995, 1.005);
      }
      assertThat(rounded.get(1)).isNotEqualTo(exact.get(1));
    }
  }

  /** The relative error of gradients is what 8 significant bits leave. */
  @ParameterizedTest
  @EnumSource
  void gradientsAreNearThoseOfFloat32(Precision precision) {
    try (Arena arena = Arena.unbounded("test")) {
      BlockWeights exact = gradients(Precision.FLOAT32, arena);
      BlockWeights other = gradients(precision, arena);
      for (WeightShape shape : model.blockWeights()) {
        double difference = 0;
        double size = 0;
        float[] want = exact.tensor(shape.name()).toArray();
        float[] got = other.tensor(shape.name()).toArray();
        for (int i = 0; i < want.length; i++) {
          difference += Math.pow(got[i] - want[i], 2);
          size += Math.pow(want[i], 2);
        }
        assertThat(Math.sqrt(difference / size)).as(shape.name()).isLessThan(0.01);
      }
    }
  }

  private BlockWeights gradients(Precision precision, Arena arena) {
    Blas blas = BlasProvider.blas();
    BlockFactory factory = new BlockFactory(model, blas, LENGTH, precision);
    Random random = new Random(3);
    BlockWeights weights = weights(random, arena);
    Tensor input = filled(arena.tensor(LENGTH, model.hiddenSize()), random, 1);
    Tensor upstream = filled(arena.tensor(LENGTH, model.hiddenSize()), random, 1);
    BlockWeights gradients = factory.weights(arena);
    DecoderBlock block =
        model.newBlock(BlockWorkspace.forTraining(blas, arena, LENGTH, LENGTH).with(precision));
    BlockWeights multiplied =
        factory.roundedWeights(1, arena).stream()
            .peek(rounded -> rounded.copy(weights, blas))
            .map(weights::multipliedAs)
            .findFirst()
            .orElse(weights);
    block.forward(
        multiplied,
        input,
        LENGTH,
        arena.tensor(LENGTH, model.hiddenSize()),
        DecoderBlock.UNOBSERVED);
    block.backward(multiplied, input, LENGTH, upstream, WeightGradients.overwriting(gradients));
    return gradients;
  }

  private Map<String, String> trained(Blas blas, Precision precision, Arena arena) {
    BlockWeights weights = train(blas, precision, arena, new ArrayList<>());
    return model.blockWeights().stream()
        .collect(
            Collectors.toMap(
                WeightShape::name,
                shape -> Arrays.toString(weights.tensor(shape.name()).toArray())));
  }

  private BlockWeights train(
      Blas blas, Precision precision, Arena arena, List<EpochErrors> history) {
    BlockFactory factory = new BlockFactory(model, blas, LENGTH, precision);
    Random random = new Random(5);
    BlockWeights dense = weights(random, arena);
    Tensor inputs = filled(factory.activations(WINDOWS, arena), random, 1);
    Tensor outputs = factory.activations(WINDOWS, arena);
    factory
        .inference(WINDOWS, arena)
        .forward(dense, inputs, LENGTH, outputs, DecoderBlock.UNOBSERVED);
    BlockWeights weights = factory.weights(arena);
    weights.copyFrom(dense);
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable()) {
        Tensor weight = weights.tensor(shape.name());
        for (int i = 0; i < shape.rows(); i++) {
          for (int j = i % 2; j < shape.columns(); j += 2) {
            weight.set(i, j, 0);
          }
        }
      }
    }
    TrainingSet set =
        new TrainingSet(
            TrainingData.globalPropagation(
                StudentInputs.exact(
                    (window, destination) ->
                        destination.copyFrom(factory.windows(inputs, window, 1))),
                (window, destination) -> destination.copyFrom(factory.windows(outputs, window, 1)),
                LENGTH),
            new WindowSet(0, 4),
            new WindowSet(4, WINDOWS));
    new BlockTrainer(factory, 1, 2, arena)
        .train(
            List.of(weights),
            set,
            new TrainingSettings(2, 5e-3, 2, Selection.LAST, 4),
            TrainingSnapshots.none(),
            history::add);
    return weights;
  }

  private BlockWeights weights(Random random, Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      Tensor weight = weights.tensor(shape.name());
      if (shape.isPrunable()) {
        filled(weight, random, 0.1f);
      } else {
        for (int j = 0; j < weight.columns(); j++) {
          weight.set(0, j, 1);
        }
      }
    }
    return weights;
  }

  private static Tensor filled(Tensor tensor, Random random, float scale) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, scale * (float) random.nextGaussian());
      }
    }
    return tensor;
  }
}
