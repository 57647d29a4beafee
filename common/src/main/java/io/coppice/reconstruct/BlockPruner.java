package io.coppice.reconstruct;

import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.GradualPruning;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruneResult;
import io.coppice.prune.Pruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Prunes the linear layers of a block, each in its pattern, and refits them on request.
 *
 * <p>Off-heap, a refit takes the scratch memory of {@link LayerRefit} and one layer's dense weight.
 *
 * @param model the model of the block
 * @param method the pruner
 * @param patterns of every prunable weight, by its name inside the block
 * @param refit the refit of each layer after pruning, if there is one
 */
public record BlockPruner(
    LanguageModel model,
    Pruner method,
    Map<String, LayerPattern> patterns,
    Optional<LayerRefit> refit) {
  public BlockPruner {
    patterns = Map.copyOf(patterns);
  }

  /** One pattern for all prunable weights of a block. */
  public static Map<String, LayerPattern> uniform(LanguageModel model, LayerPattern pattern) {
    return model.blockWeights().stream()
        .filter(WeightShape::isPrunable)
        .collect(Collectors.toMap(WeightShape::name, shape -> pattern));
  }

  boolean prunes(WeightShape shape) {
    return shape.isPrunable() && patterns.get(shape.name()) instanceof SparsityPattern;
  }

  boolean refits() {
    return refit.isPresent();
  }

  boolean needsInputs() {
    return method.needsInputs() || refits();
  }

  /**
   * Prunes {@code weights}, a copy of the dense ones, in place.
   *
   * @param block named in messages
   * @param inputs statistics of the dense block's inputs, gathered for this pruner among others
   * @return the outcome of each prunable layer, in the order of the block's weights
   */
  public List<LayerOutcome> prune(BlockName block, BlockWeights weights, BlockInputs inputs) {
    return prunable().stream()
        .map(shape -> prune(block, shape, weights.tensor(shape.name()), inputs))
        .toList();
  }

  private List<WeightShape> prunable() {
    return model.blockWeights().stream().filter(WeightShape::isPrunable).toList();
  }

  /**
   * A block of which some layers are yet to be pruned, while they are trained.
   *
   * @param outcomes of each prunable layer, as it is now, in the order of the weights
   * @param layers that are yet to be pruned, by name
   */
  public record Gradual(List<LayerOutcome> outcomes, Map<String, GradualPruning> layers) {
    public Gradual {
      outcomes = List.copyOf(outcomes);
      layers = Map.copyOf(layers);
    }

    /** A block that is pruned altogether. */
    public static Gradual finished(List<LayerOutcome> outcomes) {
      return new Gradual(outcomes, Map.of());
    }
  }

  /**
   * Prepares the layers that have a pattern to be pruned while they are trained.
   *
   * @param weights a copy of the dense ones
   */
  public Gradual gradual(BlockName block, BlockWeights weights, BlockInputs inputs) {
    List<LayerOutcome> outcomes = new ArrayList<>();
    Map<String, GradualPruning> layers = new LinkedHashMap<>();
    for (WeightShape shape : prunable()) {
      Tensor weight = weights.tensor(shape.name());
      if (patterns.get(shape.name()) instanceof SparsityPattern target) {
        GradualPruning layer =
            method.gradual(
                block.of(shape), weight, inputs.statistics(shape.input(), method), target);
        layers.put(shape.name(), layer);
        outcomes.add(outcome(shape, layer.start(), LayerRefit.Errors.UNKNOWN));
      } else {
        outcomes.add(outcome(shape, PruneResult.of(weight), LayerRefit.Errors.UNKNOWN));
      }
    }
    return new Gradual(outcomes, layers);
  }

  private LayerOutcome prune(
      BlockName block, WeightShape shape, Tensor weight, BlockInputs inputs) {
    if (!(patterns.get(shape.name()) instanceof SparsityPattern pattern)) {
      return outcome(shape, PruneResult.of(weight), LayerRefit.Errors.UNKNOWN);
    }
    String layer = block.of(shape);
    InputStatistics statistics = inputs.statistics(shape.input(), method);
    if (refit.isEmpty()) {
      PruneResult result = method.prune(layer, weight, statistics, pattern);
      return outcome(shape, result, LayerRefit.Errors.UNKNOWN);
    }
    try (Arena arena = Arena.unbounded("the dense weight of " + layer)) {
      Tensor dense = room(shape, arena);
      dense.copyFrom(weight);
      PruneResult result = method.prune(layer, weight, statistics, pattern);
      return outcome(
          shape,
          result,
          refit.orElseThrow().refit(layer, weight, dense, inputs.hessian(shape.input())));
    }
  }

  private static Tensor room(WeightShape shape, Arena arena) {
    return arena.tensor(shape.rows(), shape.columns());
  }

  private LayerOutcome outcome(WeightShape shape, PruneResult result, LayerRefit.Errors errors) {
    return new LayerOutcome(
        shape.name(),
        patterns.get(shape.name()).toString(),
        result.sparsity(),
        result.deadColumns(),
        result.damping(),
        errors.before(),
        errors.after());
  }

  /** Takes the memory that pruning layer after layer would, apart from {@link BlockInputs}. */
  void reserve(Arena arena) {
    for (WeightShape shape : model.blockWeights()) {
      if (prunes(shape)) {
        try (Arena layer = arena.scope(shape.name())) {
          refit.ifPresent(with -> room(shape, layer));
          try (Arena pruning = layer.scope("pruning")) {
            method.reserve(shape.rows(), shape.columns(), pruning);
          }
          try (Arena refitting = layer.scope("refitting")) {
            refit.ifPresent(with -> LayerRefit.reserve(shape.rows(), shape.columns(), refitting));
          }
        }
      }
    }
  }
}
