package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import io.coppice.prune.GradualPruning;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PrunedCounts;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares memory that is measured without any work with the memory that the work takes. */
class SpanWorkspaceTest {
  private static final Windows WINDOWS = new Windows(6, 0, 2, 16);

  private final Blas blas = BlasProvider.blas();
  private final LanguageModel model = model();
  private final BlockFactory factory = new BlockFactory(model, blas, WINDOWS.length());

  @ParameterizedTest
  @CsvSource({
    "MAGNITUDE, 0, 1",
    "MAGNITUDE, 2, 1",
    "WANDA, 0, 1",
    "WANDA, 0, 2",
    "SPARSEGPT, 0, 1",
    "SPARSEGPT, 2, 1",
    "SPARSEGPT, 2, 2",
    "SPARSEGPT, 0, 3"
  })
  void pruningTakesTheMeasuredMemory(PruningMethod method, int refitIterations, int blocks) {
    BlockPruner pruner =
        new BlockPruner(
            model,
            method.pruner(blas),
            BlockPruner.uniform(model, new Unstructured(0.5)),
            refitIterations == 0
                ? Optional.empty()
                : Optional.of(new LayerRefit(blas, refitIterations)));
    long measured =
        Arena.measure(
            arena -> {
              SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
              try (PruningWorkspace pruning =
                  span.pruning(new BlockName("block"), pruner, blocks - 1)) {
                pruning.reserve(WINDOWS.calibration().count());
              }
            });

    long taken =
        taken(
            arena -> {
              SpanWorkspace span = span(blocks, arena);
              BlockWeights last = span.weights().get(blocks - 1);
              try (PruningWorkspace pruning =
                  span.pruning(new BlockName("block"), pruner, blocks - 1)) {
                pruning.gather(last, SpanWorkspaceTest::read, WINDOWS.calibration());
                assertThat(pruning.prune(0, last)).hasSize(7);
              }
            });

    assertThat(taken).isEqualTo(measured);
  }

  static Stream<Arguments> trainings() {
    LossKind error = new LossKind.SquaredError();
    return Stream.of(
        arguments(1, false, false, error),
        arguments(1, true, true, error),
        arguments(2, false, true, error),
        arguments(1, false, true, new LossKind.Distributions(new DistributionSettings(3, 1))),
        arguments(2, false, false, new LossKind.Distributions(new DistributionSettings(3, 0.3))),
        arguments(2, false, true, new LossKind.Metric()));
  }

  @ParameterizedTest
  @MethodSource("trainings")
  void trainingTakesTheMeasuredMemory(int blocks, boolean blockWise, boolean mixed, LossKind loss) {
    TrainingWorkspace.Kind kind =
        TrainingWorkspace.Kind.of(4).blockWise(blockWise).mixedInputs(mixed).lowering(loss);
    long measured =
        Arena.measure(
            arena -> {
              SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
              span.training(kind);
              span.reserveOptimizers(1);
            });

    long taken =
        taken(
            arena -> {
              SpanWorkspace span = span(blocks, arena);
              TrainingWorkspace training = span.training(kind);
              assertThat(training.mixing().isPresent()).isEqualTo(mixed);
              assertThat(training.teacher().isPresent()).isEqualTo(blockWise);
              training
                  .trainer()
                  .distribution()
                  .ifPresent(towards -> towards.read((name, tensor) -> fill(tensor, 3)));
              train(training.trainer(), Student.pruned(span.weights()));
            });

    assertThat(taken).isEqualTo(measured);
  }

  /** Gradual pruning prepares without scratch, and begins with the moments of the first masks. */
  @ParameterizedTest
  @CsvSource({"MAGNITUDE, 1", "WANDA, 1", "WANDA, 2", "SPARSEGPT, 1"})
  void trainingWithGradualMasksTakesTheMeasuredMemory(PruningMethod method, int blocks) {
    Unstructured target = new Unstructured(0.5);
    MaskSchedule schedule = new MaskSchedule(0.3, 2, 0.8);
    BlockPruner pruner =
        new BlockPruner(
            model, method.pruner(blas), BlockPruner.uniform(model, target), Optional.empty());
    BlockName name = new BlockName("block");
    long measured =
        Arena.measure(
            arena -> {
              SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
              try (PruningWorkspace pruning = span.pruning(name, pruner, 0)) {
                pruning.reserveGradual(WINDOWS.calibration().count());
              }
              span.training(TrainingWorkspace.Kind.of(4));
              span.reserveOptimizers(
                  shape ->
                      shape.size()
                          - new PrunedCounts(
                                  pruner.method().comparison(),
                                  target,
                                  shape.rows(),
                                  shape.columns())
                              .ofLayer(schedule.startBelow(0.5)));
            });

    long taken =
        taken(
            arena -> {
              SpanWorkspace span = span(blocks, arena);
              List<Map<String, GradualPruning>> layers = new ArrayList<>();
              for (BlockWeights weights : span.weights()) {
                try (PruningWorkspace pruning = span.pruning(name, pruner, 0)) {
                  pruning.gather(weights, SpanWorkspaceTest::read, WINDOWS.calibration());
                  layers.add(pruning.gradual(0, weights).layers());
                }
              }
              train(
                  span.training(TrainingWorkspace.Kind.of(4)).trainer(),
                  new Student(span.weights(), Optional.of(new GradualMasks(schedule, layers))));
            });

    assertThat(taken).isEqualTo(measured);
  }

  private static void train(BlockTrainer trainer, Student student) {
    TrainingData data =
        TrainingData.globalPropagation(
            StudentInputs.exact(SpanWorkspaceTest::read),
            SpanWorkspaceTest::read,
            WINDOWS.length());
    trainer.train(
        student,
        new TrainingSet(data, WINDOWS.training(), WINDOWS.heldOut()),
        new TrainingSettings(1, 1e-3, 4, Selection.LAST, 1),
        TrainingSnapshots.none(),
        errors -> {});
  }

  /** The most that all arenas of the process held in the meantime. */
  private static long taken(Consumer<Arena> work) {
    Arena.resetPeak();
    long before = Arena.peakBytes();
    try (Arena arena = Arena.unbounded("test")) {
      work.accept(arena);
    }
    return Arena.peakBytes() - before;
  }

  private SpanWorkspace span(int blocks, Arena arena) {
    SpanWorkspace span = new SpanWorkspace(factory, blocks, arena);
    List<WeightShape> shapes = model.blockWeights();
    span.weights()
        .forEach(
            weights ->
                shapes.forEach(shape -> fill(weights.tensor(shape.name()), shape.columns())));
    return span;
  }

  private static void read(int window, Tensor destination) {
    fill(destination, window);
  }

  private static void fill(Tensor tensor, int seed) {
    Random random = new Random(seed);
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, 0.3f * (float) random.nextGaussian());
      }
    }
  }

  private static LanguageModel model() {
    try {
      return ModelFamilies.parse(
          new ObjectMapper()
              .readTree(
                  """
                  {"architectures": ["LlamaForCausalLM"], "hidden_size": 16,
                   "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 4,
                   "num_key_value_heads": 2, "vocab_size": 8, "max_position_embeddings": 64,
                   "rms_norm_eps": 1e-5, "hidden_act": "silu"}
                  """));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
