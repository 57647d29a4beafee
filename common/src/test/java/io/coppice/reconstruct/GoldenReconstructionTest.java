package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compares the losses of twenty steps of each level with PyTorch's: see make_golden.py. */
class GoldenReconstructionTest {
  /**
   * float32 on both sides. A loss is a mean of 192 squares, accurate to some 1e-6; AdamW divides
   * gradients by their own size, so that small ones carry their rounding into the weights at full
   * strength, which adds up over twenty steps.
   */
  private static final double TOLERANCE = 1e-4;

  private final Blas blas = BlasProvider.blas();
  private final JsonNode golden = golden();
  private final LanguageModel model = ModelFamilies.parse(golden.required("config"));
  private final int sequenceLength = golden.required("sequenceLength").intValue();
  private final int count = golden.required("windows").intValue();
  private final Arena arena = Arena.unbounded("test");
  private final ActivationReader studentInput = reader(golden.required("studentInput"));

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void blockWiseReconstruction() {
    TrainingData data =
        TrainingData.blockWise(
            StudentInputs.exact(studentInput),
            model.newBlock(
                BlockWorkspace.forInference(blas, arena, count * sequenceLength, sequenceLength)),
            weights("dense", 0),
            sequenceLength);
    assertLosses("br", train(List.of(weights("sparse", 0)), data));
  }

  @Test
  void globalPropagation() {
    assertLosses("gp", train(List.of(weights("sparse", 0)), towardsDenseChain(1)));
  }

  @Test
  void crossBlockReconstruction() {
    assertLosses(
        "cr", train(List.of(weights("sparse", 0), weights("sparse", 1)), towardsDenseChain(2)));
  }

  @Test
  void globalPropagationWithGradualMasks() {
    assertLosses("gradual", trainGradually(new Unstructured(0.5)));
  }

  @Test
  void globalPropagationWithGradualMasksOfGroups() {
    assertLosses("gradual_groups", trainGradually(new SemiStructured(2, 4)));
  }

  private List<EpochErrors> trainGradually(SparsityPattern pattern) {
    BlockWeights weights = weights("dense", 0);
    BlockPruner pruner =
        new BlockPruner(
            model,
            PruningMethod.WANDA.pruner(blas),
            BlockPruner.uniform(model, pattern),
            Optional.empty());
    BlockName name = new BlockName("block");
    try (BlockInputs inputs =
        new BlockInputs(
            name, new BlockFactory(model, blas, sequenceLength), List.of(pruner), arena)) {
      inputs.gather(weights, reader(golden.required("denseInput")), new WindowSet(0, count));
      GradualMasks masks =
          new GradualMasks(
              new MaskSchedule(0.3, 3, 0.8),
              List.of(pruner.gradual(name, weights, inputs).layers()));
      Student student = new Student(List.of(weights), Optional.of(masks));
      return train(student, towardsDenseChain(1));
    }
  }

  private TrainingData towardsDenseChain(int blocks) {
    return TrainingData.globalPropagation(
        StudentInputs.exact(studentInput),
        reader(golden.required("denseOutput").get(blocks - 1)),
        sequenceLength);
  }

  /** Steps are epochs here: each uses all windows. As many are held out, so all are measured. */
  private List<EpochErrors> train(List<BlockWeights> weights, TrainingData data) {
    return train(Student.pruned(weights), data);
  }

  private List<EpochErrors> train(Student student, TrainingData data) {
    WindowSet windows = new WindowSet(0, count);
    int steps = golden.required("steps").intValue();
    double rate = golden.required("learningRate").doubleValue();
    return new BlockTrainer(
            new BlockFactory(model, blas, sequenceLength), student.weights().size(), count, arena)
        .train(
            student,
            new TrainingSet(data, windows, windows),
            new TrainingSettings(steps, rate, count, Selection.LAST, 0),
            TrainingSnapshots.none(),
            errors -> {});
  }

  private void assertLosses(String level, List<EpochErrors> errors) {
    JsonNode expected = golden.required("losses").required(level);
    assertThat(errors).hasSize(expected.size());
    for (int step = 0; step < expected.size(); step++) {
      double loss = expected.get(step).doubleValue();
      assertThat(errors.get(step).calibration())
          .as("loss after step %d", step)
          .isCloseTo(loss, within(TOLERANCE * loss));
    }
  }

  private BlockWeights weights(String kind, int block) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    for (WeightShape shape : model.blockWeights()) {
      JsonNode values = golden.required(kind).get(block).required(shape.name());
      weights.tensor(shape.name()).copyFrom(tensor(values));
    }
    return weights;
  }

  private ActivationReader reader(JsonNode node) {
    Tensor activations = tensor(node);
    return (window, destination) ->
        destination.copyFrom(activations.rows(window * sequenceLength, sequenceLength));
  }

  private Tensor tensor(JsonNode node) {
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
    try (InputStream in =
        GoldenReconstructionTest.class.getResourceAsStream("/reconstruct/golden.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
