package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.FloatHessian;
import io.coppice.prune.Hessian;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.Pruner;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the linear layers of a block read while it is still dense, over the calibration windows. As
 * in the authors' code, one pass of the windows through the block serves all of its layers; it
 * serves any number of pruners too, and those of one method in several patterns share the
 * statistics.
 *
 * <p>Memory: {@code 8 · columns²} bytes of heap for the Hessian of each input, where a pruner is
 * SparseGPT or refits; {@code 4 · columns²} off-heap for each where one refits.
 */
public final class BlockInputs implements AutoCloseable {
  private final Map<String, Input> inputs = new LinkedHashMap<>();
  private final Arena copies;

  private BlockInputs(String block) {
    copies = Arena.unbounded("the Hessians of " + block);
  }

  /**
   * Takes the windows through the block.
   *
   * @param block the block's name, for messages
   * @param dense the block's weights, not pruned yet
   * @param pruners what it is gathered for
   * @param activations the block's inputs
   * @param windows the calibration windows
   * @throws io.coppice.failure.InvalidDataException if what a refit needs holds NaN or infinity
   */
  public static BlockInputs gather(
      String block,
      LanguageModel model,
      BlockWeights dense,
      List<BlockPruner> pruners,
      ActivationReader activations,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    BlockInputs gathered = new BlockInputs(block);
    try {
      for (WeightShape shape : model.blockWeights()) {
        List<BlockPruner> reading = pruners.stream().filter(each -> each.prunes(shape)).toList();
        if (!reading.isEmpty()) {
          gathered
              .inputs
              .computeIfAbsent(
                  shape.input(), input -> new Input(block + input, shape.columns(), blas))
              .expect(reading);
        }
      }
      if (pruners.stream().anyMatch(BlockPruner::needsInputs) && !gathered.inputs.isEmpty()) {
        new InputPass(model, sequenceLength, blas)
            .run(
                dense,
                activations,
                windows,
                (name, chunk, sequences) ->
                    Optional.ofNullable(gathered.inputs.get(name))
                        .ifPresent(
                            input ->
                                input.all().forEach(each -> each.accumulate(chunk, sequences))));
      }
      // SparseGPT factors its Hessian in place, so the copies are made before anything is pruned.
      gathered.inputs.values().forEach(input -> input.copyHessian(gathered.copies));
      return gathered;
    } catch (RuntimeException | Error e) {
      gathered.close();
      throw e;
    }
  }

  /** What a method asked for of an input. */
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
    copies.close();
  }

  /** One input, which layers may share. */
  private static final class Input {
    private final String name;
    private final int columns;
    private final Blas blas;
    private final Map<Pruner, InputStatistics> statistics = new LinkedHashMap<>();
    private boolean refitted;
    private Optional<Hessian> ofRefit = Optional.empty();
    private Optional<FloatHessian> copy = Optional.empty();

    Input(String name, int columns, Blas blas) {
      this.name = name;
      this.columns = columns;
      this.blas = blas;
    }

    /** Makes room for what the pruners need; the Hessian of SparseGPT serves a refit too. */
    void expect(List<BlockPruner> pruners) {
      for (BlockPruner pruner : pruners) {
        statistics.computeIfAbsent(pruner.method(), method -> method.newStatistics(name, columns));
        refitted |= pruner.refits();
      }
      if (refitted && hessian().isEmpty()) {
        ofRefit = Optional.of(new Hessian(name, columns, blas));
      }
    }

    List<InputStatistics> all() {
      return Stream.concat(statistics.values().stream(), ofRefit.stream()).toList();
    }

    private Optional<Hessian> hessian() {
      return all().stream().filter(Hessian.class::isInstance).map(Hessian.class::cast).findFirst();
    }

    void copyHessian(Arena arena) {
      if (refitted) {
        copy = hessian().map(hessian -> hessian.toFloat(arena));
      }
    }
  }
}
