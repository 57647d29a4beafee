package io.coppice.job.stage;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.config.Level;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.prune.PruneResult;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.Unstructured;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.BlockTrainer;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.Seeds;
import io.coppice.reconstruct.StudentInputs;
import io.coppice.reconstruct.TrainingData;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One block's part of a wave: read its weights, prune them if this is its first wave, train what is
 * left, write it to the work folder. Runs on an executor; weights never leave it but for the file
 * system.
 *
 * @param wave from 1
 * @param dense the dense model's blocks
 * @param beginning what the block's weights are before training
 * @param training one wave's epochs; none for {@link Level#LR}
 * @param windows calibration windows first, then held-out ones
 */
record BlockTask(
    int wave,
    LanguageModel model,
    BlockSource dense,
    Beginning beginning,
    BlockFiles output,
    Level level,
    TrainingSettings training,
    int calibrationWindows,
    int windows,
    int sequenceLength,
    Engine engine)
    implements Serializable {

  /** What a block's weights are before training. */
  sealed interface Beginning extends Serializable {
    /** The first wave: the dense weights, pruned. */
    record Pruned(PruningMethod method, double sparsity) implements Beginning {}

    /** A later wave: the weights of the wave before, whose zeros are the mask. */
    record Continued(BlockFiles previous) implements Beginning {}
  }

  /** What a block is trained on. */
  sealed interface Student extends Serializable {
    /** The dense chain's activations. */
    record Dense() implements Student {}

    /** The sparse chain's activations. */
    record Exact(BoundaryActivations sparse) implements Student {}

    /** Activations between the dense and the sparse chain's. */
    record Mixed(BoundaryActivations sparse) implements Student {}
  }

  /**
   * A block's activations.
   *
   * @param denseInput X̄ at the block's input
   * @param denseOutput X̄ behind the block
   */
  record Data(BoundaryActivations denseInput, Student student, BoundaryActivations denseOutput)
      implements Serializable {

    /** X, where the block is trained on the sparse chain; else X̄. */
    BoundaryActivations exactInput() {
      if (student instanceof Student.Exact exact) {
        return exact.sparse();
      }
      return student instanceof Student.Mixed mixed ? mixed.sparse() : denseInput;
    }
  }

  /** Is told each epoch's errors and seconds. */
  @FunctionalInterface
  interface Listener {
    void epoch(EpochErrors errors, double seconds);
  }

  BlockOutcome run(int block, Data data, Listener listener) {
    long begun = System.nanoTime();
    Blas blas = engine.blas();
    int[] calibration = IntStream.range(0, calibrationWindows).toArray();
    int[] heldOut = IntStream.range(calibrationWindows, windows).toArray();
    try (Arena arena = Arena.unbounded("block " + block);
        BoundaryActivations.Reader denseInput = data.denseInput().open();
        BoundaryActivations.Reader exactInput = data.exactInput().open();
        BoundaryActivations.Reader denseOutput = data.denseOutput().open()) {
      BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
      Map<String, PruneResult> pruned = begin(block, weights, exactInput, calibration, blas);
      List<EpochErrors> epochs = List.of();
      if (level.trains() && training.epochs() > 0) {
        TrainingSettings settings = seeded(block);
        StudentInputs inputs =
            data.student() instanceof Student.Mixed
                ? StudentInputs.mixed(
                    denseInput,
                    exactInput,
                    settings.seed(),
                    sequenceLength,
                    model.hiddenSize(),
                    arena)
                : StudentInputs.exact(exactInput);
        epochs =
            new BlockTrainer(model, blas, arena, sequenceLength, settings.batchSize())
                .train(
                    weights,
                    trainingData(block, inputs, denseOutput, blas, arena),
                    calibration,
                    heldOut,
                    settings,
                    timed(listener));
      }
      output.write(block, weights);
      return new BlockOutcome(
          block,
          wave,
          BlockOutcome.sparsity(model, weights),
          BlockOutcome.layers(pruned),
          epochs,
          (System.nanoTime() - begun) / 1e9);
    }
  }

  /** Fills in the weights that training starts from. */
  private Map<String, PruneResult> begin(
      int block,
      BlockWeights weights,
      BoundaryActivations.Reader input,
      int[] calibration,
      Blas blas) {
    if (beginning instanceof Beginning.Continued continued) {
      continued.previous().read(block, weights);
      return Map.of();
    }
    Beginning.Pruned pruned = (Beginning.Pruned) beginning;
    dense.read(block, weights);
    return new BlockPruner(model, pruned.method().pruner(blas), new Unstructured(pruned.sparsity()))
        .prune(model.blockPrefix(block), weights, input, calibration, sequenceLength, blas);
  }

  private TrainingData trainingData(
      int block,
      StudentInputs inputs,
      BoundaryActivations.Reader denseOutput,
      Blas blas,
      Arena arena) {
    if (level == Level.GP) {
      return TrainingData.globalPropagation(inputs, denseOutput, sequenceLength);
    }
    BlockWeights denseWeights = BlockWeights.allocate(model.blockWeights(), arena);
    dense.read(block, denseWeights);
    int tokens = BlockStream.microBatch(sequenceLength, training.batchSize()) * sequenceLength;
    DecoderBlock denseBlock = model.newBlock(blas, arena, tokens, sequenceLength, false);
    return TrainingData.blockWise(inputs, denseBlock, denseWeights, sequenceLength);
  }

  private static Consumer<EpochErrors> timed(Listener listener) {
    long[] previous = {System.nanoTime()};
    return errors -> {
      long now = System.nanoTime();
      listener.epoch(errors, (now - previous[0]) / 1e9);
      previous[0] = now;
    };
  }

  private TrainingSettings seeded(int block) {
    return new TrainingSettings(
        training.epochs(),
        training.learningRate(),
        training.batchSize(),
        training.selection(),
        Seeds.mix(training.seed(), block, wave));
  }
}
