package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.parallel.KernelPool;
import io.coppice.prune.Dense;
import io.coppice.prune.GradualPruning;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Training of small random blocks whose masks shrink: 5 steps an epoch. */
class GradualTrainingTest {
  private static final int LENGTH = RandomBlock.LENGTH;
  private static final int BATCH = RandomBlock.BATCH;
  private static final int EPOCHS = 6;

  /** Of 30 steps, masks shrink before 0, 4, 8, 12, 16, 20, 24: final after epoch 5. */
  private static final MaskSchedule SCHEDULE = new MaskSchedule(0.3, 4, 0.8);

  private RandomBlock block;
  private LanguageModel model;
  private Arena arena;
  private BlockFactory factory;

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

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void everyLayerEndsAtItsCountAndNoWeightComesBack(PruningMethod method) {
    Student student = student(1, method, Map.of());
    ZerosOfEpochs zeros = new ZerosOfEpochs();
    List<EpochErrors> history = train(student, settings(Selection.HELD_OUT), zeros);

    for (WeightShape shape : prunable()) {
      assertThat(zeros(student, 0, shape)).as(shape.name()).isEqualTo(shape.size() / 2);
    }
    assertThat(zeros.counts).isSorted().hasSize(EPOCHS - 1).contains(1344L);
    assertThat(zeros.counts.get(0)).isLessThan(zeros.counts.get(1));
    assertThat(zeros.cameBack).isFalse();
    assertThat(history)
        .extracting(EpochErrors::masksFinal)
        .containsExactly(false, false, false, false, false, true, true);
  }

  @Test
  void onlyEpochsWithFinalMasksAreKept() {
    Student student = student(1, PruningMethod.WANDA, Map.of());
    List<EpochErrors> history =
        train(student, settings(Selection.HELD_OUT), TrainingSnapshots.none());
    // Epoch 0 at 30 % is better than any at 50 %, and may not be kept all the same.
    assertThat(history.get(0).heldOut()).isLessThan(history.get(EPOCHS).heldOut());
    assertThat(sparsity(student)).isEqualTo(0.5);
  }

  @Test
  void eachTensorEndsWithItsOwnPattern() {
    block.dense.tensor("self_attn.v_proj.weight").set(1, 3, 0);
    Map<String, LayerPattern> patterns =
        Map.of(
            "mlp.down_proj.weight", new SemiStructured(2, 4),
            "self_attn.v_proj.weight", new Dense(),
            "mlp.up_proj.weight", new Unstructured(0.25));
    Student student = student(1, PruningMethod.WANDA, patterns);
    Tensor down = student.weights().get(0).tensor("mlp.down_proj.weight");
    assertThat(down.countZeros()).isZero();
    train(student, settings(Selection.LAST), TrainingSnapshots.none());

    Map<String, Long> zeros = new HashMap<>();
    prunable().forEach(shape -> zeros.put(shape.name(), zeros(student, 0, shape)));
    float[] values = down.toArray();
    for (int group = 0; group < values.length; group += 4) {
      int kept = 0;
      for (int i = group; i < group + 4; i++) {
        kept += values[i] == 0 ? 0 : 1;
      }
      assertThat(kept).isEqualTo(2);
    }
    assertThat(zeros)
        .containsEntry("self_attn.v_proj.weight", 1L)
        .containsEntry("mlp.up_proj.weight", 160L)
        .containsEntry("mlp.gate_proj.weight", 320L);
  }

  @ParameterizedTest
  @CsvSource({"1, HELD_OUT, FLOAT32", "2, LAST, FLOAT32", "2, HELD_OUT, BF16"})
  void anInterruptedTrainingGoesOnToTheSameBits(
      int blocks, Selection selection, Precision precision) {
    factory = block.factory(precision);
    Student expected = student(blocks, PruningMethod.WANDA, Map.of());
    List<EpochErrors> errors = train(expected, settings(selection), TrainingSnapshots.none());

    for (int epoch = 1; epoch < EPOCHS; epoch++) {
      MemorySnapshots snapshots = new MemorySnapshots(epoch);
      Student begun = student(blocks, PruningMethod.WANDA, Map.of());
      assertThatThrownBy(() -> train(begun, settings(selection), snapshots))
          .hasMessage("interrupted");
      Student resumed = student(blocks, PruningMethod.WANDA, Map.of());
      assertThat(train(resumed, settings(selection), snapshots)).isEqualTo(errors);
      assertThat(values(resumed)).as("after epoch %d", epoch).isEqualTo(values(expected));
    }
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, FLOAT32", "2, BF16", "3, BF16"})
  void threadsDoNotShow(int threads, Precision precision) {
    factory = block.factory(precision);
    Student alone = student(1, PruningMethod.WANDA, Map.of());
    train(alone, settings(Selection.LAST), TrainingSnapshots.none());
    try (KernelPool pool = new KernelPool(threads)) {
      Blas shared = BlasProvider.blas().on(pool);
      factory = new BlockFactory(model, shared, LENGTH, precision);
      Student together = student(1, PruningMethod.WANDA, Map.of());
      train(together, settings(Selection.LAST), TrainingSnapshots.none());
      assertThat(values(together)).isEqualTo(values(alone));
    }
  }

  /** As in the second round of sequential cross-block reconstruction. */
  @Test
  void aBlockThatWasTrainedBeforeKeepsItsMask() {
    Student before = student(1, PruningMethod.WANDA, Map.of());
    train(before, settings(Selection.LAST), TrainingSnapshots.none());
    List<Boolean> mask = mask(before.weights().get(0));
    Student fresh = student(1, PruningMethod.WANDA, Map.of());
    Student pair =
        new Student(
            List.of(before.weights().get(0), fresh.weights().get(0)),
            Optional.of(
                new GradualMasks(
                    SCHEDULE, List.of(Map.of(), fresh.masks().orElseThrow().layers().get(0)))));
    train(pair, settings(Selection.LAST), TrainingSnapshots.none());
    assertThat(mask(pair.weights().get(0))).isEqualTo(mask);
    assertThat(sparsity(pair)).isEqualTo(0.5);
  }

  @Test
  void divergenceBetweenEpochsIsSaidInOneSentence() {
    Student student = student(1, PruningMethod.WANDA, Map.of());
    TrainingSettings settings = new TrainingSettings(EPOCHS, 1e38, BATCH, Selection.LAST, 1);
    assertThatThrownBy(() -> train(student, settings, TrainingSnapshots.none()))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("Training diverged: before step 5 a weight")
        .hasMessageContaining("--learning-rate");
  }

  /** Counts zeros of the weights after each epoch, and looks for weights that came back. */
  private static final class ZerosOfEpochs implements TrainingSnapshots {
    private final List<Long> counts = new ArrayList<>();
    private final Map<String, float[]> last = new HashMap<>();
    private boolean cameBack;

    @Override
    public List<EpochErrors> restore(Map<String, Tensor> state) {
      return List.of();
    }

    @Override
    public void save(Map<String, Tensor> state, List<EpochErrors> history) {
      long zeros = 0;
      for (Map.Entry<String, Tensor> entry : state.entrySet()) {
        if (entry.getKey().endsWith("_proj.weight.weight")) {
          float[] now = entry.getValue().toArray();
          float[] before = last.getOrDefault(entry.getKey(), now);
          for (int i = 0; i < now.length; i++) {
            zeros += now[i] == 0 ? 1 : 0;
            cameBack |= before[i] == 0 && now[i] != 0;
          }
          last.put(entry.getKey(), now);
        }
      }
      counts.add(zeros);
    }
  }

  private Student student(
      int blocks, PruningMethod method, Map<String, LayerPattern> otherPatterns) {
    Map<String, LayerPattern> patterns =
        new HashMap<>(BlockPruner.uniform(model, new Unstructured(0.5)));
    patterns.putAll(otherPatterns);
    BlockPruner pruner =
        new BlockPruner(model, method.pruner(factory.blas()), patterns, Optional.empty());
    List<BlockWeights> weights = new ArrayList<>();
    List<Map<String, GradualPruning>> layers = new ArrayList<>();
    for (int made = 0; made < blocks; made++) {
      BlockWeights copy = block.copy(factory);
      BlockName name = new BlockName("block.");
      try (BlockInputs statistics = new BlockInputs(name, factory, List.of(pruner), arena)) {
        statistics.gather(copy, block::read, RandomBlock.TRAINING);
        layers.add(pruner.gradual(name, copy, statistics).layers());
      }
      weights.add(copy);
    }
    return new Student(weights, Optional.of(new GradualMasks(SCHEDULE, layers)));
  }

  private List<EpochErrors> train(
      Student student, TrainingSettings settings, TrainingSnapshots snapshots) {
    int blocks = student.weights().size();
    return new BlockTrainer(factory, blocks, BATCH, arena)
        .train(student, block.set(factory, blocks), settings, snapshots, errors -> {});
  }

  private static TrainingSettings settings(Selection selection) {
    return new TrainingSettings(EPOCHS, 5e-3, BATCH, selection, 1);
  }

  private List<WeightShape> prunable() {
    return model.blockWeights().stream().filter(WeightShape::isPrunable).toList();
  }

  private static long zeros(Student student, int block, WeightShape shape) {
    return student.weights().get(block).tensor(shape.name()).countZeros();
  }

  private double sparsity(Student student) {
    double zeros = 0;
    double all = 0;
    for (int block = 0; block < student.weights().size(); block++) {
      for (WeightShape shape : prunable()) {
        zeros += zeros(student, block, shape);
        all += shape.size();
      }
    }
    return zeros / all;
  }

  private List<List<Float>> values(Student student) {
    return student.weights().stream()
        .flatMap(
            weights ->
                model.blockWeights().stream().map(shape -> weights.tensor(shape.name()).toArray()))
        .map(GradualTrainingTest::list)
        .toList();
  }

  private List<Boolean> mask(BlockWeights weights) {
    return prunable().stream()
        .flatMap(shape -> list(weights.tensor(shape.name()).toArray()).stream())
        .map(value -> value != 0)
        .toList();
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
