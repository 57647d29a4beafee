package io.coppice.job.chain;

import io.coppice.failure.InvalidDataException;
import io.coppice.job.activations.ActivationStore;
import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.activations.WindowGroups;
import io.coppice.job.cluster.Engine;
import io.coppice.kernel.Elementwise;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.LanguageModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes all windows through consecutive blocks, data-parallel over windows: a task streams the
 * blocks through its group of windows and stores the activations at each boundary.
 *
 * <p>Memory of a task: its group's activations, one block's weights, one micro-batch's scratch, and
 * what it puts in the store where that is the driver's.
 *
 * @param chain the name under which activations are stored
 * @param firstBlock the first block to run
 * @param lastBlock the block after the last one to run
 * @param start the activations at the first block's input
 * @param keep which boundaries are stored
 * @param references the dense chain's boundaries behind each block, to measure the difference from;
 *     empty for no measurement
 */
public record ChainPass(
    String chain,
    int firstBlock,
    int lastBlock,
    LanguageModel model,
    BlockSource blocks,
    Start start,
    Keep keep,
    List<BoundaryActivations> references,
    ActivationStore store,
    WindowGroups groups,
    Engine engine)
    implements Serializable {
  public ChainPass {
    references = List.copyOf(references);
  }

  /** Which boundaries a pass stores. */
  public enum Keep {
    /** None: the pass only measures. */
    NOTHING,
    /** Those behind its blocks. */
    OUTPUTS,
    /** Those, and the start. */
    ALL
  }

  /** Fills a group's activations at the first block's input; called on an executor. */
  @FunctionalInterface
  interface Start extends Serializable {
    /**
     * @param first the group's first window
     * @param activations count·T × hidden_size, overwritten
     */
    void read(int first, Tensor activations);
  }

  /** Starts from stored activations. */
  static Start from(BoundaryActivations boundary, int sequenceLength) {
    return (first, activations) -> {
      try (BoundaryActivations.Reader reader = boundary.open()) {
        for (int i = 0; i < activations.rows() / sequenceLength; i++) {
          reader.read(first + i, activations.rows(i * sequenceLength, sequenceLength));
        }
      }
    };
  }

  /** Runs a group through the blocks; on an executor. */
  GroupResult run(int group) {
    List<byte[]> pieces = new ArrayList<>();
    List<double[]> errors = new ArrayList<>();
    List<double[]> energies = new ArrayList<>();
    long window = (long) groups.sequenceLength() * model.hiddenSize() * Float.BYTES;
    try (Arena arena = new Arena("the pass of chain " + chain, (groups.size(group) + 1) * window)) {
      Tensor activations =
          arena.tensor(groups.size(group) * groups.sequenceLength(), model.hiddenSize());
      Tensor expected = arena.tensor(groups.sequenceLength(), model.hiddenSize());
      start.read(groups.first(group), activations);
      if (keep == Keep.ALL) {
        pieces.add(store.put(chain, firstBlock, group, activations));
      }
      new BlockStream(model, blocks, engine.blas())
          .run(
              firstBlock,
              lastBlock,
              activations,
              groups.sequenceLength(),
              block -> {
                requireFinite(group, block, activations);
                if (keep != Keep.NOTHING) {
                  pieces.add(store.put(chain, block + 1, group, activations));
                }
                if (!references.isEmpty()) {
                  measure(
                      group,
                      activations,
                      references.get(block - firstBlock),
                      expected,
                      errors,
                      energies);
                }
              });
    }
    return new GroupResult(
        group,
        pieces.toArray(new byte[0][]),
        errors.toArray(new double[0][]),
        energies.toArray(new double[0][]));
  }

  private void requireFinite(int group, int block, Tensor activations) {
    for (int i = 0; i < groups.size(group); i++) {
      Tensor window = activations.rows(i * groups.sequenceLength(), groups.sequenceLength());
      if (!Double.isFinite(Elementwise.sumOfSquares(window))) {
        throw new InvalidDataException(
            ("Block %d gives NaN, or values too large for float32, in the %s chain, window %d; look"
                    + " for broken or very large weights in %s* and in the blocks before it")
                .formatted(block, chain, groups.first(group) + i, model.blockPrefix(block)));
      }
    }
  }

  /** Sums of squares per window, so that the driver can add them in the order of windows. */
  private void measure(
      int group,
      Tensor activations,
      BoundaryActivations reference,
      Tensor expected,
      List<double[]> errors,
      List<double[]> energies) {
    MeanSquaredError squares = new MeanSquaredError();
    int sequenceLength = groups.sequenceLength();
    double[] error = new double[groups.size(group)];
    double[] energy = new double[groups.size(group)];
    try (BoundaryActivations.Reader reader = reference.open()) {
      for (int i = 0; i < error.length; i++) {
        reader.read(groups.first(group) + i, expected);
        Tensor actual = activations.rows(i * sequenceLength, sequenceLength);
        error[i] = squares.loss(actual, expected) * expected.size();
        energy[i] = Elementwise.sumOfSquares(expected);
      }
    }
    errors.add(error);
    energies.add(energy);
  }

  /**
   * What a group's task returns.
   *
   * @param pieces what the store wants published, by boundary
   * @param squaredErrors Σ (sparse − dense)² by block and window
   * @param energies Σ dense² by block and window
   */
  public record GroupResult(
      int group, byte[][] pieces, double[][] squaredErrors, double[][] energies)
      implements Serializable {}
}
