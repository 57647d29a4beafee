package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.WeightShape;
import io.coppice.prune.FloatHessian;
import io.coppice.prune.Hessian;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.Pruner;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Statistics of the inputs of a block's linear layers while it is still dense, over the calibration
 * windows. As in the authors' code, one pass of the windows through the block serves all of its
 * layers. It also serves any number of pruners, and those of one method in several patterns share
 * the statistics.
 *
 * <p>Memory: {@code 8 · columns²} bytes of heap for the Hessian of each input, where a pruner is
 * SparseGPT or refits; {@code 4 · columns²} off-heap for each where one refits; and while the
 * windows pass, the block's scratch.
 */
public final class BlockInputs implements AutoCloseable {
  private final BlockFactory factory;
  private final boolean needed;
  private final Arena arena;
  private final Map<String, Input> inputs = new LinkedHashMap<>();

  /**
   * Makes room for the statistics that the pruners need.
   *
   * @param block named in messages
   * @param pruners for which the statistics are gathered
   * @param memory an arena, in a scope of which all memory is taken until this is closed
   */
  public BlockInputs(
      BlockName block, BlockFactory factory, List<BlockPruner> pruners, Arena memory) {
    this.factory = factory;
    arena = memory.scope("the inputs of " + block);
    try {
      for (WeightShape shape : factory.model().blockWeights()) {
        List<BlockPruner> reading = pruners.stream().filter(each -> each.prunes(shape)).toList();
        if (!reading.isEmpty()) {
          inputs
              .computeIfAbsent(
                  shape.input(),
                  input -> new Input(block.ofInput(input), shape.columns(), factory.blas()))
              .expect(reading, arena);
        }
      }
      inputs.values().forEach(input -> input.expectCopy(arena));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    needed = pruners.stream().anyMatch(BlockPruner::needsInputs) && !inputs.isEmpty();
  }

  /**
   * Takes the windows through the block.
   *
   * @param dense the block's weights, not pruned yet
   * @param activations the block's inputs
   * @param windows the calibration windows
   * @throws io.coppice.failure.InvalidDataException if the inputs of a layer that is refitted hold
   *     NaN or infinity
   */
  public void gather(BlockWeights dense, ActivationReader activations, WindowSet windows) {
    pass(windows.count(), pass -> pass.run(dense, activations, windows, this::observe));
    // SparseGPT factors its Hessian in place, so the copies are made before anything is pruned.
    inputs.values().forEach(Input::copyHessian);
  }

  /** Takes the memory that {@link #gather} would. */
  void reserve(int windows) {
    pass(windows, pass -> {});
  }

  private void pass(int windows, Consumer<InputPass> run) {
    if (needed) {
      try (Arena scope = arena.scope("pruning statistics")) {
        run.accept(new InputPass(factory, windows, scope));
      }
    }
  }

  private void observe(String name, Tensor chunk, int sequences) {
    Optional.ofNullable(inputs.get(name))
        .ifPresent(input -> input.all().forEach(each -> each.accumulate(chunk, sequences)));
  }

  /** Bytes of Java heap that the Hessians take. */
  public long heapBytes() {
    return inputs.values().stream().flatMap(Input::hessians).mapToLong(Hessian::heapBytes).sum();
  }

  /** The statistics of an input that a method asked for. */
  InputStatistics statistics(String input, Pruner method) {
    return inputs.get(input).statistics.get(method);
  }

  /** The Hessian of an input that a refit asked for. */
  FloatHessian hessian(String input) {
    return inputs.get(input).copy.orElseThrow();
  }

  @Override
  public void close() {
    inputs.values().forEach(input -> input.all().forEach(InputStatistics::close));
    arena.close();
  }

  /** One input, which layers may share. */
  private static final class Input {
    private final String name;
    private final int columns;
    private final Blas blas;
    private final Map<Pruner, InputStatistics> statistics = new LinkedHashMap<>();
    private boolean refitted;
    private Optional<Hessian> ofRefit = Optional.empty();
    private Optional<Tensor> room = Optional.empty();
    private Optional<FloatHessian> copy = Optional.empty();

    Input(String name, int columns, Blas blas) {
      this.name = name;
      this.columns = columns;
      this.blas = blas;
    }

    /**
     * Makes room for the statistics that the pruners need; the Hessian of SparseGPT also serves a
     * refit.
     */
    void expect(List<BlockPruner> pruners, Arena arena) {
      for (BlockPruner pruner : pruners) {
        statistics.computeIfAbsent(
            pruner.method(), method -> method.newStatistics(name, columns, arena));
        refitted |= pruner.refits();
      }
      if (refitted && hessians().findAny().isEmpty()) {
        ofRefit = Optional.of(new Hessian(name, columns, blas, arena));
      }
    }

    void expectCopy(Arena arena) {
      if (refitted) {
        room = Optional.of(arena.tensor(columns, columns));
      }
    }

    List<InputStatistics> all() {
      return Stream.concat(statistics.values().stream(), ofRefit.stream()).toList();
    }

    Stream<Hessian> hessians() {
      return all().stream().filter(Hessian.class::isInstance).map(Hessian.class::cast);
    }

    void copyHessian() {
      copy = room.map(tensor -> hessians().findFirst().orElseThrow().toFloat(tensor));
    }
  }
}
