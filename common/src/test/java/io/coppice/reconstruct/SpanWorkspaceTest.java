package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({"1, false, false", "1, true, true", "2, false, true"})
  void trainingTakesTheMeasuredMemory(int blocks, boolean blockWise, boolean mixed) {
    TrainingWorkspace.Kind kind =
        TrainingWorkspace.Kind.of(4).blockWise(blockWise).mixedInputs(mixed);
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
              TrainingData data =
                  TrainingData.globalPropagation(
                      StudentInputs.exact(SpanWorkspaceTest::read),
                      SpanWorkspaceTest::read,
                      WINDOWS.length());
              training
                  .trainer()
                  .train(
                      span.weights(),
                      new TrainingSet(data, WINDOWS.training(), WINDOWS.heldOut()),
                      new TrainingSettings(1, 1e-3, 4, Selection.LAST, 1),
                      TrainingSnapshots.none(),
                      errors -> {});
            });

    assertThat(taken).isEqualTo(measured);
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
