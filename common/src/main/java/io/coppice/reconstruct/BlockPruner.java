package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruneResult;
import io.coppice.prune.Pruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Prunes the linear layers of a block, each in its pattern, and refits them if that is asked for.
 *
 * <p>A refit takes, off-heap, {@link LayerRefit}'s scratch and one layer's dense weight.
 *
 * @param model the block's
 * @param method the pruner
 * @param patterns of every prunable weight, by its name inside the block
 * @param refit what is done to a layer after pruning
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
   * Gathers what the block's layers read, then prunes {@code weights} in place.
   *
   * @param block the block's name, for messages
   * @param activations the block's inputs
   * @param windows the calibration windows
   * @return what came of each prunable layer, in the order of the block's weights
   */
  public List<LayerOutcome> prune(
      String block,
      BlockWeights weights,
      ActivationReader activations,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    try (BlockInputs inputs =
        BlockInputs.gather(
            block, model, weights, List.of(this), activations, windows, sequenceLength, blas)) {
      return prune(block, weights, inputs);
    }
  }

  /**
   * Prunes {@code weights}, a copy of the dense ones, in place.
   *
   * @param inputs what the dense block's layers read, gathered for this pruner among others
   */
  public List<LayerOutcome> prune(String block, BlockWeights weights, BlockInputs inputs) {
    return model.blockWeights().stream()
        .filter(WeightShape::isPrunable)
        .map(shape -> prune(block, shape, weights.tensor(shape.name()), inputs))
        .toList();
  }

  private LayerOutcome prune(String block, WeightShape shape, Tensor weight, BlockInputs inputs) {
    LayerPattern pattern = patterns.get(shape.name());
    if (!(pattern instanceof SparsityPattern sparse)) {
      return new LayerOutcome(shape.name(), pattern, PruneResult.dense(weight), Optional.empty());
    }
    String layer = block + shape.name();
    if (!refits()) {
      return new LayerOutcome(
          shape.name(),
          pattern,
          pruneLayer(layer, shape, weight, sparse, inputs),
          Optional.empty());
    }
    try (Arena arena = Arena.unbounded("the dense weight of " + layer)) {
      Tensor dense = arena.tensor(weight.rows(), weight.columns());
      dense.copyFrom(weight);
      PruneResult result = pruneLayer(layer, shape, weight, sparse, inputs);
      return new LayerOutcome(
          shape.name(),
          pattern,
          result,
          refit.map(with -> with.refit(layer, weight, dense, inputs.hessian(shape.input()))));
    }
  }

  private PruneResult pruneLayer(
      String layer, WeightShape shape, Tensor weight, SparsityPattern pattern, BlockInputs inputs) {
    return method.prune(layer, weight, inputs.statistics(shape.input(), method), pattern);
  }
}
