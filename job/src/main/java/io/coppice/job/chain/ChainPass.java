package io.coppice.job.chain;

import io.coppice.failure.InvalidDataException;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.chain.activations.GroupedStore;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cluster.Engine;
import io.coppice.job.schedule.Span;
import io.coppice.kernel.Elementwise;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.LanguageModel;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes all windows through consecutive blocks, data-parallel over windows: a task streams the
 * blocks through its group of windows and stores the activations at each boundary.
 *
 * <p>Memory of a task: its group's activations, one block's weights, one micro-batch's scratch, and
 * its contribution to the store if the driver holds that.
 *
 * @param way the part of the chain that the windows are taken through
 * @param blocks source of the blocks' weights
 * @param store keeps the activations
 */
public record ChainPass(
    Way way, BlockSource blocks, LanguageModel model, GroupedStore store, Engine engine)
    implements Serializable {

  /**
   * A part of a chain.
   *
   * @param chain the name under which activations are stored
   * @param across the blocks to run
   * @param start the activations at the first block's input
   * @param keep which boundaries are stored
   * @param references the dense chain's boundaries after each block, to measure the difference
   *     from; empty for no measurement
   */
  public record Way(
      String chain, Span across, Start start, Keep keep, List<BoundaryActivations> references)
      implements Serializable {
    public Way {
      references = List.copyOf(references);
    }

    /** The first boundary that is stored. */
    int firstBoundary() {
      return keep == Keep.ALL ? across.first() : across.first() + 1;
    }
  }

  /** Which boundaries a pass stores. */
  public enum Keep {
    /** No boundaries: the pass only measures. */
    NOTHING,
    /** The boundaries after its blocks. */
    OUTPUTS,
    /** The boundaries after its blocks, and the start. */
    ALL
  }

  /** Fills a group's activations at the first block's input; called on an executor. */
  @FunctionalInterface
  public interface Start extends Serializable {
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
        reader.readFrom(first, sequenceLength, activations);
      }
    };
  }

  /**
   * The memory of a task.
   *
   * @param activations of its group
   * @param expected a window of the dense chain
   * @param stream the blocks
   */
  private record Workspace(Tensor activations, Tensor expected, BlockStream stream) {
    /**
     * @param start fills the activations; it may need memory of its own for that, so the rest is
     *     allocated after it
     */
    static Workspace allocate(
        BlockFactory factory, int windows, Arena arena, Consumer<Tensor> start) {
      Tensor activations = factory.activations(windows, arena);
      start.accept(activations);
      return new Workspace(
          activations, factory.activations(1, arena), new BlockStream(factory, windows, arena));
    }
  }

  /** Allocates the memory of a task with a number of windows. */
  public static void reserve(BlockFactory factory, int windows, Arena arena) {
    Workspace.allocate(factory, windows, arena, activations -> {});
  }

  /** Runs a group through the blocks; on an executor. */
  GroupResult run(int group) {
    WindowGroups groups = store.groups();
    BlockFactory factory = new BlockFactory(model, engine.blas(), groups.sequenceLength());
    try (Arena arena = Arena.unbounded("the pass of chain " + way.chain())) {
      Workspace workspace =
          Workspace.allocate(
              factory,
              groups.size(group),
              arena,
              activations -> way.start().read(groups.first(group), activations));
      Tensor activations = workspace.activations();
      Collected collected = new Collected(groups.first(group), factory, workspace);
      if (way.keep() == Keep.ALL) {
        collected.pieces.add(store.put(way.chain(), way.across().first(), group, activations));
      }
      workspace.stream()
          .run(
              blocks,
              way.across().first(),
              way.across().end(),
              activations,
              block -> {
                collected.requireFinite(block);
                if (way.keep() != Keep.NOTHING) {
                  collected.pieces.add(store.put(way.chain(), block + 1, group, activations));
                }
                if (!way.references().isEmpty()) {
                  collected.measure(way.references().get(block - way.across().first()));
                }
              });
      return collected.result(group);
    }
  }

  /** The activations and errors that a group's task has collected so far. */
  private final class Collected {
    private final List<byte[]> pieces = new ArrayList<>();
    private final List<double[]> errors = new ArrayList<>();
    private final List<double[]> energies = new ArrayList<>();
    private final MeanSquaredError squares = new MeanSquaredError(KernelPool.single());
    private final int first;
    private final int count;
    private final BlockFactory factory;
    private final Workspace workspace;

    Collected(int first, BlockFactory factory, Workspace workspace) {
      this.first = first;
      this.factory = factory;
      this.workspace = workspace;
      count = workspace.activations().rows() / factory.sequenceLength();
    }

    private Tensor window(int index) {
      return factory.windows(workspace.activations(), index, 1);
    }

    void requireFinite(int block) {
      for (int i = 0; i < count; i++) {
        if (!Double.isFinite(Elementwise.sumOfSquares(window(i)))) {
          throw new InvalidDataException(
              ("Block %d gives NaN, or values too large for float32, in the %s chain, window %d;"
                      + " look for broken or very large weights in %s* and in the blocks before it")
                  .formatted(block, way.chain(), first + i, model.blockName(block)));
        }
      }
    }

    /** Adds sums of squares per window, which the driver adds up in the order of windows. */
    void measure(BoundaryActivations reference) {
      Tensor expected = workspace.expected();
      double[] error = new double[count];
      double[] energy = new double[count];
      try (BoundaryActivations.Reader reader = reference.open()) {
        for (int i = 0; i < count; i++) {
          reader.read(first + i, expected);
          error[i] = squares.loss(window(i), expected) * expected.size();
          energy[i] = Elementwise.sumOfSquares(expected);
        }
      }
      errors.add(error);
      energies.add(energy);
    }

    GroupResult result(int group) {
      return new GroupResult(
          group,
          pieces.toArray(new byte[0][]),
          errors.toArray(new double[0][]),
          energies.toArray(new double[0][]));
    }
  }

  /**
   * The result of a group's task.
   *
   * @param pieces to be published by the store, by boundary
   * @param squaredErrors Σ (sparse − dense)² by block and window
   * @param energies Σ dense² by block and window
   */
  public record GroupResult(
      int group, byte[][] pieces, double[][] squaredErrors, double[][] energies)
      implements Serializable {}
}
