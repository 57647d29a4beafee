package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reconstruction of one small random block on random activations. */
class BlockTrainerTest {
  private static final int SEQUENCE_LENGTH = 16;
  private static final int WINDOWS = 24;
  private static final WindowSet CALIBRATION = new WindowSet(0, 20);
  private static final WindowSet HELD_OUT = new WindowSet(20, WINDOWS);

  private final Blas blas = BlasProvider.blas();
  private final LanguageModel model = model(16, 40, 64);
  private final BlockFactory factory = new BlockFactory(model, blas, SEQUENCE_LENGTH);
  private Arena arena;
  private BlockWeights dense;
  private Tensor inputs;
  private Tensor outputs;

  @BeforeEach
  void makeDenseBlock() {
    arena = Arena.unbounded("test");
    Random random = new Random(5);
    dense = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      boolean linear = shape.isPrunable();
      RandomBlock.fill(dense.tensor(shape.name()), random, linear ? 0.3f : 0, linear ? 0 : 1);
    }
    inputs = arena.tensor(WINDOWS * SEQUENCE_LENGTH, model.hiddenSize());
    RandomBlock.fill(inputs, random, 1, 0);
    outputs = arena.tensor(inputs.rows(), inputs.columns());
    DecoderBlock block =
        model.newBlock(BlockWorkspace.forInference(blas, arena, inputs.rows(), SEQUENCE_LENGTH));
    block.forward(dense, inputs, SEQUENCE_LENGTH, outputs, DecoderBlock.UNOBSERVED);
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void trainingLowersBothErrorsAndLeavesTheMaskAlone() {
    BlockWeights weights = pruned();
    List<Boolean> mask = mask(weights);

    List<EpochErrors> epochs = train(weights, settings(8, 5e-3, Selection.HELD_OUT));

    EpochErrors first = epochs.get(0);
    EpochErrors last = epochs.get(8);
    assertThat(last.calibration()).isLessThan(0.65 * first.calibration());
    assertThat(last.heldOut()).isLessThan(0.9 * first.heldOut());
    assertThat(mask(weights)).isEqualTo(mask);
  }

  @Test
  void normsTrainToo() {
    BlockWeights weights = pruned();
    train(weights, settings(1, 1e-2, Selection.LAST));
    assertThat(weights.tensor("input_layernorm.weight").toArray())
        .isNotEqualTo(dense.tensor("input_layernorm.weight").toArray());
  }

  @Test
  void equalSeedsGiveEqualBytesAndOtherSeedsDoNot() {
    BlockWeights first = pruned();
    BlockWeights second = pruned();
    BlockWeights other = pruned();
    train(first, settings(2, 5e-3, Selection.LAST));
    train(second, settings(2, 5e-3, Selection.LAST));
    train(other, new TrainingSettings(2, 5e-3, 4, Selection.LAST, 99));
    for (WeightShape shape : model.blockWeights()) {
      assertThat(first.tensor(shape.name()).toArray())
          .isEqualTo(second.tensor(shape.name()).toArray())
          .isNotEqualTo(other.tensor(shape.name()).toArray());
    }
  }

  @Test
  void heldOutSelectionReturnsTheWeightsOfTheBestEpoch() {
    // A rate this high makes things worse than the start, so that the start must win.
    BlockWeights weights = pruned();
    BlockWeights start = pruned();
    List<EpochErrors> epochs = train(weights, settings(3, 0.3, Selection.HELD_OUT));
    assertThat(epochs.subList(1, 4))
        .allSatisfy(epoch -> assertThat(epoch.heldOut()).isGreaterThan(epochs.get(0).heldOut()));
    for (WeightShape shape : model.blockWeights()) {
      assertThat(weights.tensor(shape.name()).toArray())
          .isEqualTo(start.tensor(shape.name()).toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {5, 1e30})
  void divergenceIsSaidInOneSentence(double learningRate) {
    BlockWeights weights = pruned();
    assertThatThrownBy(() -> train(weights, settings(3, learningRate, Selection.HELD_OUT)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("diverged")
        .hasMessageContaining("after epoch 1")
        .hasMessageContaining("--learning-rate");
  }

  @Test
  void withoutHeldOutWindowsTheCalibrationErrorIsStillMeasured() {
    BlockWeights weights = pruned();
    List<EpochErrors> epochs =
        new BlockTrainer(factory, 1, 4, arena)
            .train(
                List.of(weights),
                new TrainingSet(globalPropagation(), CALIBRATION, new WindowSet(20, 20)),
                settings(3, 5e-3, Selection.LAST),
                TrainingSnapshots.none(),
                epoch -> {});
    assertThat(epochs).extracting(EpochErrors::heldOut).containsOnly(Double.NaN);
    assertThat(epochs.get(3).calibration()).isLessThan(epochs.get(0).calibration());
  }

  @Test
  void blockWiseTargetsAreTheDenseBlockOnTheStudentsInput() {
    DecoderBlock block =
        model.newBlock(
            BlockWorkspace.forInference(blas, arena, 2 * SEQUENCE_LENGTH, SEQUENCE_LENGTH));
    TrainingData data =
        TrainingData.blockWise(StudentInputs.exact(reader(inputs)), block, dense, SEQUENCE_LENGTH);
    Tensor input = arena.tensor(2 * SEQUENCE_LENGTH, model.hiddenSize());
    Tensor target = arena.tensor(2 * SEQUENCE_LENGTH, model.hiddenSize());
    data.read(new int[] {3, 5}, 1, input, target);
    data.complete(input, target);
    float[] expected = window(outputs, 3).toArray();
    float[] actual = target.rows(0, SEQUENCE_LENGTH).toArray();
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void mixedInputsLieOnTheSegmentAndStayPutForMeasurements() {
    ActivationReader dense = (window, destination) -> destination.zero();
    ActivationReader sparse =
        (window, destination) -> RandomBlock.fill(destination, new Random(1), 0, 1);
    StudentInputs mixed = StudentInputs.mixed(dense, sparse, 4, factory.activations(1, arena));
    List<Float> alphas = new ArrayList<>();
    for (int epoch = 0; epoch < 50; epoch++) {
      alphas.add(alpha(mixed, 3, epoch));
    }
    assertThat(alphas).allSatisfy(alpha -> assertThat(alpha).isBetween(0f, 1f));
    assertThat(alphas).doesNotHaveDuplicates();
    assertThat(alphas.stream().mapToDouble(a -> a).average().orElseThrow()).isBetween(0.35, 0.65);
    assertThat(alpha(mixed, 3, StudentInputs.MEASUREMENT)).isEqualTo(alphas.get(0));
    assertThat(alpha(mixed, 4, StudentInputs.MEASUREMENT)).isNotEqualTo(alphas.get(0));
  }

  @Test
  void twoBlocksAreTrainedTogetherBetterThanApart() {
    ActivationReader input = reader(inputs);
    ActivationReader target = new SpanReader(factory, List.of(dense, dense), arena).on(input);
    TrainingData joint =
        TrainingData.globalPropagation(StudentInputs.exact(input), target, SEQUENCE_LENGTH);
    List<BlockWeights> apart = List.of(pruned(), pruned());
    List<BlockWeights> together = List.of(pruned(), pruned());
    TrainingSettings settings = settings(8, 5e-3, Selection.LAST);
    BlockTrainer pair = trainer(2, settings);
    train(apart.get(0), settings);
    double startOfApart =
        train(pair, apart, joint, settings(1, 1e-9, Selection.LAST), TrainingSnapshots.none())
            .get(0)
            .calibration();
    List<EpochErrors> epochs = train(pair, together, joint, settings, TrainingSnapshots.none());

    assertThat(epochs.get(8).calibration()).isLessThan(epochs.get(0).calibration());
    assertThat(epochs.get(8).calibration()).isLessThan(startOfApart);
    for (int block = 0; block < 2; block++) {
      assertThat(mask(together.get(block))).isEqualTo(mask(pruned()));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, HELD_OUT, 5e-3", "2, HELD_OUT, 5e-2", "2, LAST, 5e-3"})
  void anInterruptedTrainingGoesOnToTheSameBits(int blocks, Selection selection, double rate) {
    ActivationReader input = reader(inputs);
    ActivationReader target =
        new SpanReader(factory, Collections.nCopies(blocks, dense), arena).on(input);
    TrainingData data =
        TrainingData.globalPropagation(StudentInputs.exact(input), target, SEQUENCE_LENGTH);
    TrainingSettings settings = settings(5, rate, selection);
    List<BlockWeights> expected = Stream.generate(this::pruned).limit(blocks).toList();
    List<EpochErrors> errors =
        train(trainer(blocks, settings), expected, data, settings, TrainingSnapshots.none());

    for (int epoch = 1; epoch < 5; epoch++) {
      MemorySnapshots snapshots = new MemorySnapshots(epoch);
      List<BlockWeights> begun = Stream.generate(this::pruned).limit(blocks).toList();
      assertThatThrownBy(() -> train(trainer(blocks, settings), begun, data, settings, snapshots))
          .hasMessage("interrupted");
      List<BlockWeights> resumed = Stream.generate(this::pruned).limit(blocks).toList();
      List<EpochErrors> told = new ArrayList<>();
      List<EpochErrors> history =
          trainer(blocks, settings).train(resumed, set(data), settings, snapshots, told::add);

      assertThat(history).isEqualTo(errors);
      assertThat(told).isEqualTo(errors.subList(epoch + 1, errors.size()));
      for (int block = 0; block < blocks; block++) {
        for (WeightShape shape : model.blockWeights()) {
          assertThat(resumed.get(block).tensor(shape.name()).toArray())
              .as("%s after epoch %d", shape.name(), epoch)
              .isEqualTo(expected.get(block).tensor(shape.name()).toArray());
        }
      }
    }
  }

  private BlockTrainer trainer(int blocks, TrainingSettings settings) {
    return new BlockTrainer(factory, blocks, settings.batchSize(), arena);
  }

  @Test
  void activationsAfterBlocksFollowTheirWeights() {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    ActivationReader after = new SpanReader(factory, List.of(weights), arena).on(reader(inputs));
    Tensor output = arena.tensor(SEQUENCE_LENGTH, model.hiddenSize());
    after.read(3, output);
    // Without weights, the residual stream alone.
    assertThat(output.toArray()).isEqualTo(window(inputs, 3).toArray());
    weights.copyFrom(dense);
    after.read(3, output);
    for (int i = 0; i < output.rows(); i++) {
      assertThat(output.get(i, 5)).isCloseTo(window(outputs, 3).get(i, 5), within(1e-5f));
    }
  }

  private float alpha(StudentInputs inputs, int window, int epoch) {
    Tensor destination = arena.tensor(SEQUENCE_LENGTH, model.hiddenSize());
    inputs.read(window, epoch, destination);
    float[] values = destination.toArray();
    for (float value : values) {
      assertThat(value).isEqualTo(values[0]);
    }
    return values[0];
  }

  @Test
  void prunersThatShareInputsPruneAsEachAlone() {
    LayerRefit refit = new LayerRefit(blas, 3);
    List<BlockPruner> pruners = new ArrayList<>();
    for (PruningMethod method : PruningMethod.values()) {
      pruners.add(pruner(method, new Unstructured(0.5), Optional.of(refit)));
      pruners.add(pruner(method, new SemiStructured(2, 4), Optional.empty()));
    }
    try (BlockInputs shared = new BlockInputs(new BlockName("block."), factory, pruners, arena)) {
      shared.gather(dense, reader(inputs), CALIBRATION);
      for (BlockPruner pruner : pruners) {
        BlockWeights together = copyOfDense();
        BlockWeights alone = copyOfDense();

        List<LayerOutcome> outcomes = pruner.prune(new BlockName("block."), together, shared);

        assertThat(outcomes).isEqualTo(prune(pruner, alone));
        for (WeightShape shape : model.blockWeights()) {
          assertThat(together.tensor(shape.name()).toArray())
              .as("%s of %s", shape.name(), pruner)
              .isEqualTo(alone.tensor(shape.name()).toArray());
        }
      }
    }
  }

  private List<LayerOutcome> prune(BlockPruner pruner, BlockWeights weights) {
    try (BlockInputs own =
        new BlockInputs(new BlockName("block."), factory, List.of(pruner), arena)) {
      own.gather(weights, reader(inputs), CALIBRATION);
      return pruner.prune(new BlockName("block."), weights, own);
    }
  }

  private BlockPruner pruner(
      PruningMethod method, SparsityPattern pattern, Optional<LayerRefit> refit) {
    return new BlockPruner(model, method.pruner(blas), BlockPruner.uniform(model, pattern), refit);
  }

  private BlockWeights copyOfDense() {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    weights.copyFrom(dense);
    return weights;
  }

  private List<EpochErrors> train(BlockWeights weights, TrainingSettings settings) {
    return train(
        trainer(1, settings),
        List.of(weights),
        globalPropagation(),
        settings,
        TrainingSnapshots.none());
  }

  private static List<EpochErrors> train(
      BlockTrainer trainer,
      List<BlockWeights> weights,
      TrainingData data,
      TrainingSettings settings,
      TrainingSnapshots snapshots) {
    return trainer.train(weights, set(data), settings, snapshots, errors -> {});
  }

  private static TrainingSet set(TrainingData data) {
    return new TrainingSet(data, CALIBRATION, HELD_OUT);
  }

  private TrainingData globalPropagation() {
    return TrainingData.globalPropagation(
        StudentInputs.exact(reader(inputs)), reader(outputs), SEQUENCE_LENGTH);
  }

  private static TrainingSettings settings(int epochs, double rate, Selection selection) {
    return new TrainingSettings(epochs, rate, 4, selection, 1);
  }

  private BlockWeights pruned() {
    BlockWeights weights = copyOfDense();
    prune(pruner(PruningMethod.WANDA, new Unstructured(0.5), Optional.empty()), weights);
    return weights;
  }

  private List<Boolean> mask(BlockWeights weights) {
    List<Boolean> kept = new ArrayList<>();
    for (WeightShape shape : model.blockWeights()) {
      for (float value : weights.tensor(shape.name()).toArray()) {
        kept.add(value != 0);
      }
    }
    return kept;
  }

  private static ActivationReader reader(Tensor activations) {
    return (window, destination) -> destination.copyFrom(window(activations, window));
  }

  private static Tensor window(Tensor activations, int window) {
    return activations.rows(window * SEQUENCE_LENGTH, SEQUENCE_LENGTH);
  }

  /** One block with four heads that share two of keys and values. */
  static LanguageModel model(int hiddenSize, int intermediateSize, int positions) {
    try {
      return ModelFamilies.parse(
          new ObjectMapper()
              .readTree(
                  """
                  {"architectures": ["LlamaForCausalLM"], "hidden_size": %d,
                   "intermediate_size": %d, "num_hidden_layers": 1, "num_attention_heads": 4,
                   "num_key_value_heads": 2, "vocab_size": 8, "max_position_embeddings": %d,
                   "rms_norm_eps": 1e-5, "hidden_act": "silu"}
                  """
                      .formatted(hiddenSize, intermediateSize, positions)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
