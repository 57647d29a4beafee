package io.coppice.job.block;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.LogContext;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockFactory;
import io.coppice.reconstruct.BlockTrainer;
import io.coppice.reconstruct.DivergedException;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.Selection;
import io.coppice.reconstruct.SpanWorkspace;
import io.coppice.reconstruct.StudentInputs;
import io.coppice.reconstruct.TrainingData;
import io.coppice.reconstruct.TrainingSet;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.reconstruct.TrainingSnapshots;
import io.coppice.reconstruct.TrainingWorkspace;
import io.coppice.reconstruct.Windows;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.List;

/**
 * Trains a pruned block at some learning rate for a few steps, on the dense chain, as a first wave
 * begins, and keeps nothing of it but what it was worth. Runs on an executor.
 *
 * @param dense the dense model
 * @param pruned its blocks without the weights that go
 * @param windows all windows, of which the first few are trained on
 * @param batches of the trials
 */
record LearningRateTrial(
    ModelOnCluster dense, BlockFiles pruned, Windows windows, Engine engine, Batches batches)
    implements Serializable {

  /** Steps of a trial; fewer where there is less text. */
  static final int STEPS = 32;

  /**
   * The batches of a trial.
   *
   * @param size windows per step
   * @param seed for the order of the windows
   */
  record Batches(int size, long seed) implements Serializable {}

  /**
   * A block.
   *
   * @param input X̄ before it
   * @param output X̄ after it
   * @param loss what training lowers
   */
  record Candidate(int block, BoundaryActivations input, BoundaryActivations output, SpanLoss loss)
      implements Serializable {}

  /**
   * Runs a trial.
   *
   * @return logarithm of the loss that is left, as a share of that before training: on held-out
   *     windows, or else on those of the calibration; infinite if training diverges
   */
  double run(Candidate candidate, double rate) {
    BlockFactory factory =
        new BlockFactory(dense.model(), engine.blas(), windows.length(), engine.precision());
    TrainingSettings settings =
        new TrainingSettings(
            1, rate, batches.size(), Selection.LAST, Seeds.mix(batches.seed(), candidate.block()));
    TrainingWorkspace.Kind kind =
        TrainingWorkspace.Kind.of(settings.batchSize()).lowering(candidate.loss().kind());
    try (LogContext ignored = LogContext.ofBlock(candidate.block());
        Arena arena = Arena.unbounded("a trial of block " + candidate.block());
        BoundaryActivations.Reader input = candidate.input().open();
        BoundaryActivations.Reader output = candidate.output().open()) {
      SpanWorkspace workspace = new SpanWorkspace(factory, 1, arena);
      pruned.read(candidate.block(), workspace.weights().get(0));
      BlockTrainer trainer = workspace.training(kind).trainer();
      candidate.loss().read(trainer, dense);
      List<EpochErrors> errors =
          trainer.train(
              workspace.weights(),
              new TrainingSet(
                  TrainingData.globalPropagation(
                      StudentInputs.exact(input), output, windows.length()),
                  windows
                      .training()
                      .atMost(
                          LearningRateTrials.windows(
                              windows.training().count(), settings.batchSize())),
                  windows.heldOut()),
              settings,
              TrainingSnapshots.none(),
              epoch -> {});
      return Math.log(
          errors.get(errors.size() - 1).trained(windows) / errors.get(0).trained(windows));
    } catch (DivergedException e) {
      return Double.POSITIVE_INFINITY;
    }
  }
}
